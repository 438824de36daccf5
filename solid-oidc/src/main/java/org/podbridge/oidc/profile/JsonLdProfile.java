package org.podbridge.oidc.profile;

import com.apicatalog.jsonld.JsonLd;
import com.apicatalog.jsonld.JsonLdError;
import com.apicatalog.jsonld.JsonLdErrorCode;
import com.apicatalog.jsonld.JsonLdOptions;
import com.apicatalog.jsonld.document.JsonDocument;
import com.apicatalog.rdf.api.RdfConsumerException;
import com.apicatalog.rdf.api.RdfQuadConsumer;
import jakarta.json.Json;
import jakarta.json.JsonConfig;
import jakarta.json.JsonReader;
import jakarta.json.JsonReaderFactory;
import jakarta.json.JsonStructure;
import jakarta.json.stream.JsonParser;
import java.io.StringReader;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** JSON-LD, read by Titanium. */
final class JsonLdProfile {

    private static final Duration TIME_LIMIT = Duration.ofSeconds(2);
    private static final JsonReaderFactory UNIQUE_NAMES =
            Json.createReaderFactory(Map.of(JsonConfig.KEY_STRATEGY, JsonConfig.KeyStrategy.NONE));

    private JsonLdProfile() {}

    static void read(String json, String base, Profiles.Issuers issuers) throws UnreadableProfileException {
        JsonLdOptions options = new JsonLdOptions((url, loaderOptions) -> {
            throw new JsonLdError(JsonLdErrorCode.LOADING_REMOTE_CONTEXT_FAILED, "not loaded");
        });
        options.setBase(URI.create(base));
        options.setTimeout(TIME_LIMIT);
        try {
            JsonLd.toRdf(JsonDocument.of(whole(json))).options(options).provide(new DefaultGraph(issuers));
        } catch (JsonLdError e) {
            throw new UnreadableProfileException("a profile that is no JSON-LD, or needs a remote context");
        } catch (RuntimeException e) { // of the JSON parser
            throw new UnreadableProfileException("a profile that breaks the parser");
        }
    }

    /** Reads a text that is one JSON value and nothing else, in which no name stands twice. */
    private static JsonStructure whole(String json) {
        try (JsonParser parser = Json.createParser(new StringReader(json))) {
            while (parser.hasNext()) { // which complains of what follows a value, as readers don't
                parser.next();
            }
        }
        try (JsonReader reader = UNIQUE_NAMES.createReader(new StringReader(json))) {
            return reader.read();
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
