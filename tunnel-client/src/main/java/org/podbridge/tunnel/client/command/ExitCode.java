package org.podbridge.tunnel.client.command;

import org.podbridge.tunnel.client.TunnelRefusedException;

/** What the command tells the shell. */
final class ExitCode {

    /** Ended by the user. */
    static final int STOPPED = 0;
    /** Anything else. */
    static final int FAILED = 1;
    /** The arguments make no sense. */
    static final int MISUSED = 2;
    /** The relay does not give the name, or has given it to another client. */
    static final int NAME_REFUSED = 3;
    /** The relay does not take the token. */
    static final int TOKEN_REFUSED = 4;
    /** The identity provider does not let the client log in. */
    static final int LOGIN_REFUSED = 5;

    private ExitCode() {}

    static int of(TunnelRefusedException.Reason reason) {
        return switch (reason) {
            case TOKEN -> TOKEN_REFUSED;
            case LOGIN -> LOGIN_REFUSED;
            case NAME_TAKEN,
                    NAME_RESERVED,
                    NAME_CONFUSABLE,
                    NAME_INVALID,
                    NAME_NOT_ALLOWED,
                    TOO_MANY_TUNNELS,
                    REPLACED -> NAME_REFUSED;
        };
    }
}
