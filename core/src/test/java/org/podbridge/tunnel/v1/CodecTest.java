package org.podbridge.tunnel.v1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.json.MalformedJsonException;

class CodecTest {

    @Test
    void acknowledgesExactlyAsOldClientsKnowIt() {
        assertThat(text(RelayMessageCodec.encode(new RelayMessage.Registered("myapp", "/tunnel/myapp/", false, null))))
                .isEqualTo(
                        "{\"type\":\"registered\",\"name\":\"myapp\",\"url\":\"/tunnel/myapp/\",\"passthrough\":false}");
    }

    @Test
    void asksForANameExactlyAsOldRelaysKnowIt() {
        assertThat(text(ClientMessageCodec.encodeRegister(register("myapp"))))
                .isEqualTo("{\"type\":\"register\",\"name\":\"myapp\"}");
    }

    private static ClientMessage.Register register(String name) {
        return new ClientMessage.Register(name, false, false, ClientMessage.Access.PUBLIC, 0, 0);
    }

    @Test
    void negotiatesVersionsOnlyWithWhoNamesThem() throws MalformedJsonException {
        ClientMessage.Access access = new ClientMessage.Access(ClientMessage.Access.Kind.OWNER, List.of());
        ClientMessage.Register asked = new ClientMessage.Register("a", true, true, access, 2, 65_536);
        String request = text(ClientMessageCodec.encodeRegister(asked));
        assertThat(request)
                .isEqualTo("{\"type\":\"register\",\"name\":\"a\",\"passthrough\":true,\"share\":true,"
                        + "\"access\":\"owner\",\"protocol\":2,\"window\":65536}");
        assertThat(decodeClient(request)).isEqualTo(asked);
        RelayMessage.Registered given = new RelayMessage.Registered(
                "a", "/tunnel/a/", true, new RelayMessage.Details(2, "https://a.example/", 262_144, 256, access));
        String answer = text(RelayMessageCodec.encode(given));
        assertThat(answer)
                .isEqualTo("{\"type\":\"registered\",\"name\":\"a\",\"url\":\"/tunnel/a/\",\"passthrough\":true,"
                        + "\"protocol\":2,\"publicUrl\":\"https://a.example/\",\"window\":262144,"
                        + "\"maxStreams\":256,\"access\":\"owner\"}");
        byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
        assertThat(RelayMessageCodec.decode(bytes, bytes.length)).isEqualTo(given);
    }

    static List<ClientMessage.Register> registrations() {
        return List.of(
                new ClientMessage.Register("a", true, false, ClientMessage.Access.PUBLIC, 0, 0),
                new ClientMessage.Register("a", false, true, ClientMessage.Access.PUBLIC, 2, 65_536),
                new ClientMessage.Register(
                        "a", false, false, new ClientMessage.Access(ClientMessage.Access.Kind.OWNER, List.of()), 0, 0),
                new ClientMessage.Register(
                        "a",
                        true,
                        true,
                        new ClientMessage.Access(
                                ClientMessage.Access.Kind.WEB_IDS, List.of("https://bob.example/#me", "did:\"x\"")),
                        2,
                        0));
    }

    @ParameterizedTest
    @MethodSource("registrations")
    void readsARegistrationAsItWasWritten(ClientMessage.Register register) throws MalformedJsonException {
        assertThat(decodeClient(text(ClientMessageCodec.encodeRegister(register))))
                .isEqualTo(register);
    }

    @Test
    void onlyTheBooleanTrueAsksForPassthrough() throws MalformedJsonException {
        assertThat(decodeClient("{\"type\":\"register\",\"name\":\"a\",\"passthrough\":true}"))
                .isEqualTo(new ClientMessage.Register("a", true, false, ClientMessage.Access.PUBLIC, 0, 0));
        assertThat(decodeClient("{\"type\":\"register\",\"name\":\"a\",\"passthrough\":\"true\"}"))
                .isEqualTo(register("a"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "1", "[]", "\"stranger\"", "{}", "{\"webIds\":1}", "{\"webIds\":[1]}"})
    void neverTakesAccessThatItDoesntKnowForPublic(String access) throws MalformedJsonException {
        assertThat(decodeClient("{\"type\":\"register\",\"name\":\"a\",\"access\":" + access + "}"))
                .isEqualTo(new ClientMessage.Register("a", false, false, ClientMessage.Access.INVALID, 0, 0));
    }

    @Test
    void readsTheThreeFormsOfAccess() throws MalformedJsonException {
        assertThat(((ClientMessage.Register)
                                decodeClient("{\"type\":\"register\",\"access\":{\"webIds\":[\"https://a/#me\"]}}"))
                        .access())
                .isEqualTo(new ClientMessage.Access(ClientMessage.Access.Kind.WEB_IDS, List.of("https://a/#me")));
        assertThat(((ClientMessage.Register) decodeClient("{\"type\":\"register\",\"access\":\"owner\"}"))
                        .access()
                        .kind())
                .isEqualTo(ClientMessage.Access.Kind.OWNER);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"type\":\"response\",\"id\":\"1\"}",
                "{\"type\":\"response\",\"id\":\"1\",\"status\":\"200\"}",
                "{\"type\":\"response\",\"id\":\"1\",\"status\":199}",
                "{\"type\":\"response\",\"id\":\"1\",\"status\":600}",
                "{\"type\":\"response\",\"id\":\"1\",\"status\":200.5}",
                "{\"type\":\"response\",\"id\":\"1\",\"status\":4294967496}",
                "{\"type\":\"response\",\"id\":\"1\",\"status\":200,\"headers\":[]}",
                "{\"type\":\"response\",\"id\":\"1\",\"status\":200,\"headers\":null}",
                "{\"type\":\"response\",\"id\":\"1\",\"status\":200,\"headers\":{\"a\":{}}}",
                "{\"type\":\"response\",\"id\":\"1\",\"status\":200,\"headers\":{\"a\":[[]]}}",
                "{\"type\":\"response\",\"id\":\"1\",\"status\":200,\"body\":1}",
                "{\"type\":\"response\",\"id\":\"1\",\"status\":200,\"body\":{}}",
                "{\"type\":\"response\",\"id\":\"1\",\"status\":200,\"body\":\"a\",\"bodyEncoding\":\"hex\"}",
                "{\"type\":\"response\",\"id\":\"1\",\"status\":200,\"body\":\"a\",\"bodyEncoding\":\"base64\"}",
                "{\"type\":\"response\",\"id\":\"1\",\"status\":200,\"body\":\"-_-_\",\"bodyEncoding\":\"base64\"}",
                "{\"type\":\"response\",\"id\":\"1\",\"status\":200,\"body\":\"YQ==YQ==\",\"bodyEncoding\":\"base64\"}",
                "{\"type\":\"response\",\"id\":\"1\",\"status\":200,\"body\":\"Y W I=\",\"bodyEncoding\":\"base64\"}",
                "{\"type\":\"response\",\"id\":\"1\",\"status\":200,\"body\":\"YWI=\\n\",\"bodyEncoding\":\"base64\"}"
            })
    void keepsTheIdOfAResponseThatCantBePassedOn(String message) throws MalformedJsonException {
        assertThat(decodeClient(message)).isEqualTo(new ClientMessage.Response("1", null));
    }

    @Test
    void readsABodyWhereverItsEncodingStands() throws MalformedJsonException {
        assertThat(response(
                                "{\"type\":\"response\",\"id\":\"1\",\"status\":200,\"body\":\"/v8=\",\"bodyEncoding\":\"base64\"}")
                        .body())
                .containsExactly(0xFE, 0xFF);
        assertThat(response(
                                "{\"bodyEncoding\":\"base64\",\"body\":\"\\/v8=\",\"status\":200,\"id\":\"1\",\"type\":\"response\"}")
                        .body())
                .containsExactly(0xFE, 0xFF);
        assertThat(response("{\"type\":\"response\",\"id\":\"1\",\"status\":200,\"body\":\"a\\n\\u00e9é\"}")
                        .body())
                .asString(StandardCharsets.UTF_8)
                .isEqualTo("a\néé");
    }

    @Test
    void keepsRepeatedFieldsAndTheirOrder() throws MalformedJsonException {
        HeaderFields fields = response(
                        "{\"type\":\"response\",\"id\":\"1\",\"status\":200,\"headers\":{\"Set-Cookie\":[\"a=1\",\"b=2\"],\"X\":\"y\",\"n\":5,\"none\":null}}")
                .fields();
        assertThat(fields.all("set-cookie")).containsExactly("a=1", "b=2");
        assertThat(fields.first("n")).contains("5");
        assertThat(fields.contains("none")).isFalse();
    }

    @Test
    void carriesEveryBodyByteForByteBothWays() throws MalformedJsonException {
        Random random = new Random(7);
        for (int i = 0; i < 300; i++) {
            byte[] body = new byte[random.nextInt(5_000)];
            random.nextBytes(body);
            if (i % 3 == 0) {
                body = new String(body, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8);
            }
            HeaderFields fields = HeaderFields.of(
                    "content-type", i % 2 == 0 ? "text/plain; charset=utf-8" : "application/octet-stream");
            ByteBuffer response =
                    ClientMessageCodec.encodeResponse("id", new ClientMessage.ResponseContent(200, fields, body));
            assertThat(response(text(response)).body()).isEqualTo(body);
            ByteBuffer request = RelayMessageCodec.encode(new RelayMessage.Request("id", "POST", "/", fields, body));
            byte[] bytes = bytes(request);
            assertThat(RelayMessageCodec.decode(bytes, bytes.length))
                    .asInstanceOf(type(RelayMessage.Request.class))
                    .satisfies(decoded -> assertThat(decoded.path()).isEqualTo("/"))
                    .extracting(RelayMessage.Request::body)
                    .isEqualTo(body.length == 0 ? null : body);
        }
    }

    @Test
    void sendsTextAsTextAndTheRestAsBase64() {
        HeaderFields text = HeaderFields.of("Content-Type", "text/html");
        assertThat(requestWith(text, "<é>".getBytes(StandardCharsets.UTF_8)))
                .contains("\"body\":\"<é>\",\"bodyEncoding\":\"utf8\"");
        assertThat(requestWith(text, new byte[] {(byte) 0xFF}))
                .contains("\"body\":\"/w==\",\"bodyEncoding\":\"base64\"");
        assertThat(requestWith(HeaderFields.empty(), new byte[] {'a'})).contains("\"bodyEncoding\":\"base64\"");
    }

    @Test
    void sendsLargeTextAsBase64WhereEscapesWouldMakeItLonger() {
        HeaderFields text = HeaderFields.of("Content-Type", "text/plain");
        byte[] large = new byte[1024 * 1024];
        assertThat(requestWith(text, large)).hasSizeLessThan(large.length / 3 * 4 + 200);
        assertThat(requestWith(text, Arrays.copyOf(large, 1_000))).contains("\"bodyEncoding\":\"utf8\"");
        Arrays.fill(large, (byte) 'a');
        assertThat(requestWith(text, large)).contains("\"bodyEncoding\":\"utf8\"");
    }

    @Test
    void joinsRepeatedRequestFieldsByName() {
        assertThat(requestWith(
                        HeaderFields.of("Accept", "a", "Cookie", "c=1", "ACCEPT", "b", "cookie", "d=2"), new byte[0]))
                .isEqualTo("{\"type\":\"request\",\"id\":\"7\",\"method\":\"POST\",\"path\":\"/x?y\","
                        + "\"headers\":{\"accept\":\"a, b\",\"cookie\":\"c=1; d=2\"}}");
    }

    private static String requestWith(HeaderFields fields, byte[] body) {
        return text(RelayMessageCodec.encode(new RelayMessage.Request("7", "POST", "/x?y", fields, body)));
    }

    private static ClientMessage.ResponseContent response(String message) throws MalformedJsonException {
        ClientMessage.ResponseContent content = ((ClientMessage.Response) decodeClient(message)).content();
        assertThat(content).isNotNull();
        return content;
    }

    private static ClientMessage decodeClient(String message) throws MalformedJsonException {
        byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
        return ClientMessageCodec.decode(bytes, bytes.length);
    }

    private static String text(ByteBuffer buffer) {
        return new String(bytes(buffer), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }
}
