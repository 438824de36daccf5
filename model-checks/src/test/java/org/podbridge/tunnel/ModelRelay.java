package org.podbridge.tunnel;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.MessageSocket;
import org.podbridge.connection.TestConnection;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.limits.Limits;
import org.podbridge.tunnel.v1.ClientMessage;

/** A relay with three open connections, and what a model check does with names. Thread-safe. */
final class ModelRelay {

    private static final WebId ALICE = WebId.of("https://alice.example/");

    /** Whose the connections are. */
    static final List<WebId> OWNERS = List.of(ALICE, ALICE, WebId.of("https://bob.example/"));

    /** Of which the first two look alike. */
    static final List<TunnelName> NAMES = List.of(TunnelName.of("mail"), TunnelName.of("rnail"), TunnelName.of("site"));

    /** What {@link #find} says of a name that nobody has. */
    static final String FREE = "free";

    private final ModelClock clock;
    private final List<TunnelConnection> connections = new ArrayList<>();
    private final List<MessageSocket> sockets = new ArrayList<>();
    private final TunnelRegistry registry;

    private ModelRelay(Limits limits) {
        clock = new ModelClock(limits.nameLease());
        TunnelEndpoint endpoint = TestEndpoint.createStrict(limits, clock, Set.of());
        registry = endpoint.registry();
        for (WebId owner : OWNERS) {
            TunnelConnection connection = TestEndpoint.unopened(endpoint, owner);
            sockets.add(TestEndpoint.open(endpoint, connection, new TestConnection()));
            connections.add(connection);
        }
    }

    static ModelRelay open(Limits limits) {
        return new ModelRelay(limits);
    }

    /** Returns what {@link #claim} says of a claim that succeeds. */
    static String granted(List<Integer> replaced) {
        return replaced.isEmpty() ? "Granted" : "Granted instead of " + replaced;
    }

    /** Returns what {@link #find} says of a name that somebody has. */
    static String servedBy(List<Integer> connections) {
        return connections.isEmpty() ? "kept" : "served by " + connections;
    }

    String claim(int connection, int name, boolean share) {
        TunnelRegistry.Claim claim = registry.claim(wanted(connection, name, share));
        return claim instanceof TunnelRegistry.Claim.Granted granted
                ? granted(numbers(granted.replaced()))
                : claim.getClass().getSimpleName();
    }

    /** Claims, and ends the connections that served the name until now. */
    void takeOver(int connection, int name) {
        if (registry.claim(wanted(connection, name, false)) instanceof TunnelRegistry.Claim.Granted granted) {
            granted.replaced().forEach(TunnelConnection::replaced);
        }
    }

    private Tunnel wanted(int connection, int name, boolean share) {
        return new Tunnel(
                NAMES.get(name),
                OWNERS.get(connection),
                false,
                share,
                ClientMessage.Access.PUBLIC,
                List.of(connections.get(connection)));
    }

    void release(int connection, int name) {
        registry.release(NAMES.get(name), connections.get(connection));
    }

    String find(int name) {
        return registry.find(NAMES.get(name))
                .map(tunnel -> servedBy(numbers(tunnel.connections())))
                .orElse(FREE);
    }

    /** Takes the first of the two steps in which a connection is closed: from now on it gets nothing. */
    void startClosing(int connection) {
        sockets.get(connection).close(new CloseStatus(CloseStatus.NORMAL, ""));
    }

    /** Takes the second step, if it is time: the connection loses what it has. */
    boolean endClosing(int connection) {
        boolean closing = connections.get(connection).isOver();
        if (closing) {
            connections.get(connection).onClosed(CloseStatus.abnormal());
        }
        return closing;
    }

    /** Takes what the connection has off it, and keeps it for its owner. */
    void lose(int connection) {
        registry.releaseAll(connections.get(connection));
    }

    /**
     * Ends the last lease that has begun: nobody has come back in time, or somebody has and it is too late to stop it.
     */
    void endLease() {
        clock.endLease();
    }

    void pass(Duration time) {
        clock.jump(time);
    }

    TunnelConnection connection(int number) {
        return connections.get(number);
    }

    /**
     * Fails unless names and connections that are left know of each other, and nothing is left of those that are over.
     */
    void checkWhatIsLeft() {
        int served = 0;
        for (TunnelName name : NAMES) {
            List<TunnelConnection> serving =
                    registry.find(name).map(Tunnel::connections).orElse(List.of());
            for (TunnelConnection connection : connections) {
                check(
                        connection.names().contains(name) == serving.contains(connection),
                        "one knows, the other doesn't");
            }
            check(serving.stream().noneMatch(TunnelConnection::isOver), "one that is over serves a name");
            served += serving.isEmpty() ? 0 : 1;
        }
        check(registry.size() == served, "a name is nobody's");
        connections.forEach(TunnelConnection::stop);
        check(registry.size() == 0, "a name is left");
    }

    private static void check(boolean asItShouldBe, String otherwise) {
        if (!asItShouldBe) {
            throw new AssertionError(otherwise);
        }
    }

    private List<Integer> numbers(List<TunnelConnection> some) {
        return some.stream().map(connections::indexOf).toList();
    }
}
