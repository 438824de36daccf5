package org.podbridge.tunnel;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;

/**
 * Whether a visitor's request is one that can be passed on at all: everything that containers are known to let through
 * and to read differently ends here. Immutable.
 */
final class RequestCheck {

    /** Those that speak to the next hop rather than to the service. */
    private static final Set<String> UNSUITABLE_METHODS = Set.of("CONNECT", "TRACE", "PRI");

    /** Those for which services take other spellings, though methods are compared with case. */
    private static final Set<String> KNOWN_METHODS = Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH");

    private static final int MAX_METHOD = 32;

    /** How many names a Connection field may take out. */
    private static final int MAX_NOMINATIONS = 32;

    private final PublicHosts hosts;
    private final int maxTargetBytes;

    RequestCheck(PublicHosts hosts, int maxTargetBytes) {
        this.hosts = hosts;
        this.maxTargetBytes = maxTargetBytes;
    }

    /** Returns what the visitor gets instead, or empty if the request may go on. */
    Optional<RelayAnswer> refusal(RequestHead head) {
        if (head.target().length() > maxTargetBytes) {
            return Optional.of(RelayAnswer.TARGET_TOO_LONG);
        }
        if (FieldRules.areTooLarge(head.fields())) {
            return Optional.of(RelayAnswer.HEAD_TOO_LARGE);
        }
        if (!isSuitable(head.method()) && !head.isWebSocketUpgrade()) {
            return Optional.of(RelayAnswer.UNSUITABLE_METHOD);
        }
        return fieldsRefusal(head.fields()).or(() -> hosts.refusal(head));
    }

    private static boolean isSuitable(String method) {
        if (KNOWN_METHODS.contains(method)) {
            return true;
        }
        if (method.length() > MAX_METHOD || !FieldName.isToken(method)) {
            return false;
        }
        String upperCase = method.toUpperCase(Locale.ROOT);
        return !KNOWN_METHODS.contains(upperCase) && !UNSUITABLE_METHODS.contains(upperCase);
    }

    private static Optional<RelayAnswer> fieldsRefusal(HeaderFields fields) {
        int lengths = 0;
        int codings = 0;
        int nominations = 0;
        int hosts = 0;
        for (int i = 0; i < fields.size(); i++) {
            String name = fields.name(i);
            String value = fields.value(i);
            switch (name.length()) {
                case 4 -> hosts += name.equalsIgnoreCase("host") ? 1 : 0;
                case 6 -> {
                    if (name.equalsIgnoreCase("expect") && !value.trim().equalsIgnoreCase("100-continue")) {
                        return Optional.of(RelayAnswer.EXPECTATION_FAILED);
                    }
                }
                case 10 -> nominations += name.equalsIgnoreCase("connection") ? items(value) : 0;
                case 14 -> {
                    if (name.equalsIgnoreCase("content-length")) {
                        lengths += FieldRules.isLength(value) ? 1 : 2;
                    }
                }
                case 17 -> {
                    if (name.equalsIgnoreCase("transfer-encoding")) {
                        codings += value.trim().equalsIgnoreCase("chunked") ? 1 : 2;
                    }
                }
                default -> {
                    // None that decides about this.
                }
            }
        }
        if (lengths + codings > 1) {
            return Optional.of(RelayAnswer.AMBIGUOUS_LENGTH);
        }
        if (hosts > 1) {
            return Optional.of(RelayAnswer.MALFORMED_HOST);
        }
        return nominations > MAX_NOMINATIONS ? Optional.of(RelayAnswer.MALFORMED_REQUEST) : Optional.empty();
    }

    private static int items(String value) {
        int items = 1;
        for (int i = 0; i < value.length(); i++) {
            items += value.charAt(i) == ',' ? 1 : 0;
        }
        return items;
    }
}
