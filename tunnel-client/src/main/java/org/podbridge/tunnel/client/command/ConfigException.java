package org.podbridge.tunnel.client.command;

/** A configuration file that makes no sense. The message names file and line. */
final class ConfigException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    ConfigException(String message) {
        super(message);
    }
}
