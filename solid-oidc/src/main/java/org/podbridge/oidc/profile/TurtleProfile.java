package org.podbridge.oidc.profile;

import java.io.IOException;
import java.io.StringReader;
import org.eclipse.rdf4j.model.Statement;
import org.eclipse.rdf4j.rio.RDFHandlerException;
import org.eclipse.rdf4j.rio.RDFParseException;
import org.eclipse.rdf4j.rio.helpers.AbstractRDFHandler;
import org.eclipse.rdf4j.rio.turtle.TurtleParser;

/** Turtle, read by RDF4J's parser. */
final class TurtleProfile {

    private TurtleProfile() {}

    static void read(String text, String base, Profiles.Issuers issuers) throws UnreadableProfileException {
        TurtleParser parser = new TurtleParser();
        parser.setRDFHandler(new AbstractRDFHandler() {
            @Override
            public void handleStatement(Statement statement) {
                if (statement.getObject().isIRI()) {
                    issuers.triple(
                            statement.getSubject().stringValue(),
                            statement.getPredicate().stringValue(),
                            statement.getObject().stringValue());
                }
            }
        });
        try {
            parser.parse(new StringReader(text), base);
        } catch (RDFParseException | RDFHandlerException | IOException e) {
            throw new UnreadableProfileException("a profile that is no Turtle");
        } catch (RuntimeException e) { // which the parser throws at some malformed IRIs
            throw new UnreadableProfileException("a profile that breaks the parser");
        }
    }
}
