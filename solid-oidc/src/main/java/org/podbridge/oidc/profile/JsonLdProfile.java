package org.podbridge.oidc.profile;

import com.apicatalog.jsonld.JsonLd;
import com.apicatalog.jsonld.JsonLdError;
import com.apicatalog.jsonld.JsonLdErrorCode;
import com.apicatalog.jsonld.JsonLdOptions;
import com.apicatalog.jsonld.document.JsonDocument;
import com.apicatalog.rdf.api.RdfConsumerException;
import com.apicatalog.rdf.api.RdfQuadConsumer;
import java.io.StringReader;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** JSON-LD, read by Titanium. */
final class JsonLdProfile {

    private static final Duration TIME_LIMIT = Duration.ofSeconds(2);

    private JsonLdProfile() {}

    static void read(String json, String base, Profiles.Issuers issuers) throws UnreadableProfileException {
        JsonLdOptions options = new JsonLdOptions((url, loaderOptions) -> {
            throw new JsonLdError(JsonLdErrorCode.LOADING_REMOTE_CONTEXT_FAILED, "not loaded");
        });
        options.setBase(URI.create(base));
        options.setTimeout(TIME_LIMIT);
        try {
            JsonLd.toRdf(JsonDocument.of(new StringReader(json)))
                    .options(options)
                    .provide(new DefaultGraph(issuers));
        } catch (JsonLdError e) {
            throw new UnreadableProfileException("a profile that is no JSON-LD, or needs a remote context");
        } catch (RuntimeException e) { // of the JSON parser
            throw new UnreadableProfileException("a profile that breaks the parser");
        }
    }

    /** Passes on what a document says by itself; what stands in a named graph is said by somebody else. */
    private record DefaultGraph(Profiles.Issuers issuers) implements RdfQuadConsumer {

        @Override
        public RdfQuadConsumer quad(
                String subject,
                String predicate,
                String object,
                @Nullable String datatype,
                @Nullable String language,
                @Nullable String direction,
                @Nullable String graph)
                throws RdfConsumerException {
            boolean literal = RdfQuadConsumer.isLiteral(datatype, language, direction);
            if (graph == null && !literal) {
                issuers.triple(subject, predicate, object);
            }
            return this;
        }
    }
}
