package org.podbridge.tunnel.client.command;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.composer.Composer;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/**
 * Reads configuration files, in YAML. It walks the nodes instead of having objects made of them, so that every
 * complaint can name its line, and no complaint repeats a value, which may be a secret in the wrong place.
 */
final class ConfigReader {

    private static final int MAX_BYTES = 262_144;
    private static final int MAX_TUNNELS = 64;

    private static final Set<String> KEYS = Set.of(
            "relay",
            "token-file",
            "oidc-issuer",
            "client-id",
            "client-secret-file",
            "issuer-ca",
            "token-in-query",
            "ca",
            "tunnels");
    private static final Set<String> TUNNEL_KEYS =
            Set.of("name", "to", "access", "share", "legs", "passthrough", "headers", "host-header", "insecure-local");

    private final Path file;

    private ConfigReader(Path file) {
        this.file = file;
    }

    /**
     * Reads a file. Paths in it are relative to it.
     *
     * @throws ConfigException if it can't be read or makes no sense
     */
    static ConfigFile read(Path file) {
        return new ConfigReader(file).read();
    }

    private ConfigFile read() {
        Map<String, Node> top = members(root(), KEYS);
        List<TunnelPlan> tunnels = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Node node : list(top.get("tunnels"))) {
            TunnelPlan plan = tunnel(node);
            if (!names.add(String.valueOf(plan.name()))) {
                throw complaint(node, "the name occurs twice");
            }
            tunnels.add(plan);
        }
        if (tunnels.isEmpty() || tunnels.size() > MAX_TUNNELS) {
            throw new ConfigException(file + ": " + tunnels.size() + " tunnels (expected: 1 to " + MAX_TUNNELS + ")");
        }
        ConfigFile.Login login = new ConfigFile.Login(
                uri(top.get("oidc-issuer")),
                text(top.get("client-id")),
                path(top.get("client-secret-file")),
                path(top.get("issuer-ca")));
        Node tokenFile = top.get("token-file");
        if (tokenFile != null && login.isSaid()) {
            throw complaint(tokenFile, "either a token or a login, not both");
        }
        return new ConfigFile(
                uri(top.get("relay")),
                path(tokenFile),
                login,
                Boolean.TRUE.equals(bool(top.get("token-in-query"))),
                path(top.get("ca")),
                tunnels);
    }

    private TunnelPlan tunnel(Node node) {
        Map<String, Node> members = members(node, TUNNEL_KEYS);
        for (String needed : List.of("name", "to")) {
            if (!members.containsKey(needed)) {
                throw complaint(node, "no " + needed);
            }
        }
        return new TunnelPlan(
                text(members.get("name")),
                uri(members.get("to")),
                textOrList(members.get("access")),
                bool(members.get("share")),
                number(members.get("legs")),
                bool(members.get("passthrough")),
                textOrList(members.get("headers")),
                text(members.get("host-header")),
                bool(members.get("insecure-local")));
    }

    private Node root() {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new ConfigException(file + ": larger than " + MAX_BYTES + " bytes");
            }
            LoadSettings settings = LoadSettings.builder().build();
            StreamReader text = new StreamReader(settings, new String(bytes, StandardCharsets.UTF_8));
            return new Composer(settings, new ParserImpl(settings, text))
                    .getSingleNode()
                    .orElseThrow(() -> new ConfigException(file + ": empty"));
        } catch (MarkedYamlEngineException e) {
            throw new ConfigException(at(e.getProblemMark()) + "no valid YAML");
        } catch (YamlEngineException e) {
            throw new ConfigException(file + ": no valid YAML");
        } catch (IOException e) {
            throw new ConfigException(file + " can't be read (" + e.getClass().getSimpleName() + ")");
        }
    }

    private Map<String, Node> members(Node node, Set<String> known) {
        if (!(node instanceof MappingNode mapping)) {
            throw complaint(node, "no keys with values");
        }
        Map<String, Node> members = new LinkedHashMap<>();
        for (NodeTuple tuple : mapping.getValue()) {
            String key = tuple.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "";
            if (!known.contains(key)) {
                throw complaint(
                        tuple.getKeyNode(),
                        "unknown key " + Complaints.printable(key) + " (expected: "
                                + String.join(", ", known.stream().sorted().toList()) + ")");
            }
            if (members.put(key, tuple.getValueNode()) != null) {
                throw complaint(tuple.getKeyNode(), key + " occurs twice");
            }
        }
        return members;
    }

    private List<Node> list(@Nullable Node node) {
        if (node == null) {
            return List.of();
        }
        if (!(node instanceof SequenceNode sequence)) {
            throw complaint(node, "no list");
        }
        return sequence.getValue();
    }

    private List<String> textOrList(@Nullable Node node) {
        if (node == null) {
            return List.of();
        }
        List<String> texts = new ArrayList<>();
        for (Node element : node instanceof SequenceNode sequence ? sequence.getValue() : List.of(node)) {
            texts.add(scalar(element).getValue());
        }
        return texts;
    }

    private @Nullable String text(@Nullable Node node) {
        return node == null ? null : scalar(node).getValue();
    }

    private ScalarNode scalar(Node node) {
        if (node instanceof ScalarNode scalar && !scalar.getValue().isBlank()) {
            return scalar;
        }
        throw complaint(node, "no text");
    }

    private @Nullable Boolean bool(@Nullable Node node) {
        String text = text(node);
        if (node == null || text == null) {
            return null;
        }
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw complaint(node, "neither true nor false");
        };
    }

    private @Nullable Integer number(@Nullable Node node) {
        String text = text(node);
        if (node == null || text == null) {
            return null;
        }
        if (!text.matches("[0-9]{1,9}")) {
            throw complaint(node, "no number");
        }
        return Integer.valueOf(text);
    }

    private @Nullable URI uri(@Nullable Node node) {
        String text = text(node);
        if (node == null || text == null) {
            return null;
        }
        try {
            return URI.create(text);
        } catch (IllegalArgumentException e) {
            throw complaint(node, "no URL");
        }
    }

    private @Nullable Path path(@Nullable Node node) {
        String text = text(node);
        if (node == null || text == null) {
            return null;
        }
        try {
            return file.toAbsolutePath().resolveSibling(text);
        } catch (IllegalArgumentException e) {
            throw complaint(node, "no path");
        }
    }

    private ConfigException complaint(Node node, String what) {
        return new ConfigException(at(node.getStartMark()) + what);
    }

    private String at(Optional<Mark> mark) {
        return file + mark.map(known -> ", line " + (known.getLine() + 1)).orElse("") + ": ";
    }
}
