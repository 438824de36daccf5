package org.podbridge.auth;

import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;

/** Finds the credential that came with a request, where one may be, and hides it from those who needn't see it. */
final class CarriedCredential {

    static final String PROTOCOL_FIELD = "sec-websocket-protocol";

    private static final String TICKET_PROTOCOL = "podbridge.ticket.";
    private static final String BEARER_PROTOCOL = "podbridge.bearer.";

    private CarriedCredential() {}

    /** The request carries credentials in a way that nobody can make sense of. */
    static final class MalformedCredentialException extends Exception {
        private static final long serialVersionUID = 1L;

        MalformedCredentialException(String message) {
            super(message, null, false, false);
        }
    }

    /**
     * Finds the credential.
     *
     * @param head the request
     * @param purpose why somebody is authenticated, which decides where a credential may be
     * @return none or one
     */
    static List<Credential> find(RequestHead head, AuthRequest.Purpose purpose) throws MalformedCredentialException {
        List<Credential> found = new ArrayList<>(1);
        List<String> values = head.fields().all("authorization");
        if (values.size() > 1) {
            throw new MalformedCredentialException("More than one Authorization header");
        }
        if (!values.isEmpty()) {
            found.add(fromField(values.get(0).trim(), head.fields().first("dpop")));
        }
        if (purpose != AuthRequest.Purpose.VISIT) { // a visitor's query belongs to the service behind the tunnel
            addQueryTokens(head, found);
        }
        if (purpose == AuthRequest.Purpose.UPGRADE) {
            addSubprotocols(head.fields(), found);
        }
        if (found.size() > 1) {
            throw new MalformedCredentialException("More than one credential");
        }
        return List.copyOf(found);
    }

    private static Credential fromField(String value, Optional<String> proof) throws MalformedCredentialException {
        int space = value.indexOf(' ');
        if (space < 0) { // none, since the value is trimmed
            throw new MalformedCredentialException("Malformed Authorization header");
        }
        return new Credential(
                Credential.Carrier.AUTHORIZATION,
                value.substring(0, space),
                value.substring(space + 1).trim(),
                proof);
    }

    private static void addQueryTokens(RequestHead head, List<Credential> found) throws MalformedCredentialException {
        for (String parameter : head.query().orElse("").split("&", -1)) {
            if (parameter.startsWith("token=")) {
                try {
                    String token = URLDecoder.decode(parameter.substring("token=".length()), StandardCharsets.UTF_8);
                    if (!token.isEmpty()) {
                        found.add(bearer(Credential.Carrier.QUERY, token));
                    }
                } catch (IllegalArgumentException e) {
                    throw new MalformedCredentialException("Malformed token parameter");
                }
            }
        }
    }

    private static void addSubprotocols(HeaderFields fields, List<Credential> found)
            throws MalformedCredentialException {
        for (String offer : offers(fields)) {
            if (startsWith(offer, TICKET_PROTOCOL)) {
                found.add(bearer(Credential.Carrier.SUBPROTOCOL, ticket(offer.substring(TICKET_PROTOCOL.length()))));
            } else if (startsWith(offer, BEARER_PROTOCOL)) {
                found.add(bearer(Credential.Carrier.SUBPROTOCOL, decoded(offer.substring(BEARER_PROTOCOL.length()))));
            }
        }
    }

    private static Credential bearer(Credential.Carrier carrier, String token) {
        return new Credential(carrier, "Bearer", token, Optional.empty());
    }

    private static String ticket(String text) throws MalformedCredentialException {
        if (!Tickets.isTicket(text)) {
            throw malformedSubprotocol();
        }
        return text;
    }

    /** Decodes base64url as strictly as possible: every token has one spelling. */
    private static String decoded(String text) throws MalformedCredentialException {
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(text);
            String token = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            if (token.isEmpty()
                    || Tickets.isTicket(token)
                    || !Base64.getUrlEncoder()
                            .withoutPadding()
                            .encodeToString(bytes)
                            .equals(text)) {
                throw malformedSubprotocol();
            }
            return token;
        } catch (IllegalArgumentException | CharacterCodingException e) {
            throw malformedSubprotocol();
        }
    }

    private static MalformedCredentialException malformedSubprotocol() {
        return new MalformedCredentialException("Malformed credential in the subprotocols");
    }

    /** Tells whether a subprotocol is offered. */
    static boolean isOffered(HeaderFields fields, String subprotocol) {
        return offers(fields).contains(subprotocol);
    }

    /** Returns the fields without the offers of subprotocols that are credentials. */
    static HeaderFields withoutSecrets(HeaderFields fields) {
        if (offers(fields).stream().noneMatch(CarriedCredential::isSecret)) {
            return fields;
        }
        HeaderFields.Builder rest = HeaderFields.builder();
        fields.forEach((name, value) -> {
            if (!name.equalsIgnoreCase(PROTOCOL_FIELD)) {
                rest.add(name, value);
                return;
            }
            String others =
                    offers(value).stream().filter(offer -> !isSecret(offer)).collect(Collectors.joining(", "));
            if (!others.isEmpty()) {
                rest.add(name, others);
            }
        });
        return rest.build();
    }

    private static boolean isSecret(String offer) {
        return startsWith(offer, TICKET_PROTOCOL) || startsWith(offer, BEARER_PROTOCOL);
    }

    /** Ignores case, so that a misspelt secret is a secret still. */
    private static boolean startsWith(String offer, String prefix) {
        return offer.regionMatches(true, 0, prefix, 0, prefix.length());
    }

    private static List<String> offers(HeaderFields fields) {
        return fields.all(PROTOCOL_FIELD).stream()
                .flatMap(value -> offers(value).stream())
                .toList();
    }

    private static List<String> offers(String value) {
        return Arrays.stream(value.split(",", -1)).map(String::trim).toList();
    }
}
