package org.podbridge.examples.pod;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.podbridge.identity.WebId;

class ProfileDocumentTest {

    private static final URI PUBLIC_URI = URI.create("https://pod.example");

    @Test
    void isAPersonalProfileDocumentAboutTheWebId() {
        Agent alice = new Agent("alice", "secret", WebId.of("https://pod.example/alice/profile/card#me"));

        ProfileDocument document = ProfileDocument.of(alice, PUBLIC_URI);

        assertThat(document.path()).isEqualTo("/alice/profile/card");
        assertThat(document.turtle()).isEqualTo("""
                        @prefix foaf: <http://xmlns.com/foaf/0.1/> .
                        @prefix pim: <http://www.w3.org/ns/pim/space#> .
                        @prefix solid: <http://www.w3.org/ns/solid/terms#> .

                        <https://pod.example/alice/profile/card> a foaf:PersonalProfileDocument ;
                            foaf:maker <https://pod.example/alice/profile/card#me> ;
                            foaf:primaryTopic <https://pod.example/alice/profile/card#me> .

                        <https://pod.example/alice/profile/card#me> a foaf:Person ;
                            foaf:name "alice" ;
                            pim:storage <https://pod.example/> ;
                            solid:account <https://pod.example/> .
                        """);
    }
}
