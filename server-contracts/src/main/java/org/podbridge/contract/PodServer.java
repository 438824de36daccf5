package org.podbridge.contract;

/** The pod servers of the examples, which take the same options. */
public enum PodServer {
    /** On Jetty. */
    JETTY("pod-server"),
    /** On Tomcat 11. */
    TOMCAT("pod-server-tomcat");

    private final String module;

    PodServer(String module) {
        this.module = module;
    }

    /** Returns where its jar is in the project. */
    public String jar() {
        return "examples/" + module + "/target/" + module + ".jar";
    }
}
