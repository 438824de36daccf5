package org.podbridge.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonMembersTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "null",
                "1",
                "\"x\"",
                "[]",
                "[{}]",
                "{",
                "{\"a\"",
                "{\"a\":",
                "{\"a\":1",
                "{\"a\":\"",
                "{\"a\":\"\\",
                "{\"a\":1} x",
                "{\"a\":1}{}",
                "{\"a\":1,}",
                "{a:1}",
                "{'a':1}",
                "{\"a\":NaN}",
                "{\"a\":01}",
                "{\"a\":\"\\x\"}",
                "{\"a\":\"\n\"}",
                "\uFEFF{\"a\":1}",
                "{\"a\":\"\\u12\"}",
                "//\n{}",
                "{\"a\":[1,}"
            })
    void refusesWhatIsNoObject(String text) {
        assertThatThrownBy(() -> read(text)).isInstanceOf(MalformedJsonException.class);
    }

    @Test
    void refusesOtherEncodings() {
        for (var charset : new java.nio.charset.Charset[] {
            StandardCharsets.UTF_16BE, StandardCharsets.UTF_16LE, StandardCharsets.UTF_16
        }) {
            byte[] bytes = "{\"a\":1}".getBytes(charset);
            assertThatThrownBy(() -> JsonMembers.read(bytes, bytes.length)).isInstanceOf(MalformedJsonException.class);
        }
    }

    @Test
    void refusesEveryTruncation() throws MalformedJsonException {
        String text =
                "{\"type\":\"offer\",\"sdp\":\"v=0\\r\\n\",\"candidate\":{\"a\":[1,2.50,{\"b\":null}]},\"t\":true}";
        assertThat(read(text).string("type")).isEqualTo("offer");
        for (int length = 0; length < text.length(); length++) {
            String cut = text.substring(0, length);
            assertThatThrownBy(() -> read(cut)).as(cut).isInstanceOf(MalformedJsonException.class);
        }
    }

    @Test
    void ignoresWhatStandsBehindTheMessageInItsBuffer() throws MalformedJsonException {
        byte[] bytes = "{\"a\":\"b\"}\"} old".getBytes(StandardCharsets.UTF_8);
        assertThat(JsonMembers.read(bytes, 9).string("a")).isEqualTo("b");
    }

    @Test
    void takesTheLastOfSeveralMembers() throws MalformedJsonException {
        JsonMembers members = read("{\"a\":\"1\",\"b\":{},\"a\":\"2\",\"b\":3}");
        assertThat(members.string("a")).isEqualTo("2");
        assertThat(members.object("b")).isNull();
    }

    @Test
    void allowsSixtyFourLevelsAndNoMore() throws MalformedJsonException {
        assertThat(read("{\"a\":" + "[".repeat(63) + "]".repeat(63) + "}").has("a"))
                .isTrue();
        assertThatThrownBy(() -> read("{\"a\":" + "[".repeat(64) + "]".repeat(64) + "}"))
                .isInstanceOf(MalformedJsonException.class);
    }

    @Test
    void allowsAHundredDigitsAndNoMore() throws MalformedJsonException {
        assertThat(read("{\"a\":" + "1".repeat(100) + "}").has("a")).isTrue();
        assertThatThrownBy(() -> read("{\"a\":" + "1".repeat(101) + "}")).isInstanceOf(MalformedJsonException.class);
        assertThatThrownBy(() -> read("{\"a\":[0." + "1".repeat(101) + "]}"))
                .isInstanceOf(MalformedJsonException.class);
    }

    @Test
    void refusesMoreThanTwoThousandMembers() {
        StringBuilder text = new StringBuilder("{");
        for (int i = 0; i <= 2_000; i++) {
            text.append(i == 0 ? "" : ",").append('"').append(i).append("\":0");
        }
        assertThatThrownBy(() -> read(text.append('}').toString())).isInstanceOf(MalformedJsonException.class);
    }

    @Test
    void decodesEscapes() throws MalformedJsonException {
        JsonMembers members = read("{\"\\u0061\":\"\\\"\\\\\\/\\n\\u00e9\\ud83d\\ude00\\ud800é😀\"}");
        assertThat(members.string("a")).isEqualTo("\"\\/\né😀\ud800é😀");
    }

    @Test
    void slicesAreTheBytesAsTheyCame() throws MalformedJsonException {
        JsonMembers members = read(
                " { \"x\" : 1 , \"sdp\" : \"v=0\\r\\n\\ud800é\" , \"candidate\" : { \"n\" : 1.0E400 , \"m\":[ -0 ] } }");
        assertThat(text(members.stringContent("sdp"))).isEqualTo("v=0\\r\\n\\ud800é");
        assertThat(text(members.object("candidate"))).isEqualTo("{ \"n\" : 1.0E400 , \"m\":[ -0 ] }");
    }

    @Test
    void findsMembersOfMembers() throws MalformedJsonException {
        JsonMembers members =
                read("{\"pad\":\"éé\",\"access\":{\"deep\":{\"s\":\"t\"},\"webIds\":[\"a\",\"\\u0062\"]}}");
        JsonMembers access = members.members("access");
        assertThat(access).isNotNull();
        assertThat(access.strings("webIds")).containsExactly("a", "b");
        JsonMembers deep = access.members("deep");
        assertThat(deep).isNotNull();
        assertThat(deep.string("s")).isEqualTo("t");
    }

    @Test
    void writesHalvesOfCharactersAsEscapes() throws MalformedJsonException {
        ByteBuffer written = JsonWriter.object(16).string("a", "é\ud800😀").finish();
        byte[] bytes = new byte[written.remaining()];
        written.get(bytes);
        assertThat(new String(bytes, StandardCharsets.US_ASCII)).contains("\\uD800");
        assertThat(JsonMembers.read(bytes, bytes.length).string("a")).isEqualTo("é\ud800😀");
    }

    @Test
    void findsTheObjectsOfAnArray() throws MalformedJsonException {
        JsonMembers members = read("{\"pad\":\"é\",\"a\":[{\"s\":\"é\"},1,null,[{\"s\":\"x\"}],{\"o\":{}}],\"b\":{}}");
        List<@Nullable JsonMembers> objects = members.objects("a", 10);
        assertThat(objects).hasSize(5);
        assertThat(objects.subList(1, 4)).containsOnlyNulls();
        JsonMembers first = objects.get(0);
        JsonMembers last = objects.get(4);
        assertThat(first).isNotNull();
        assertThat(first.string("s")).isEqualTo("é");
        assertThat(last).isNotNull();
        assertThat(text(last.object("o"))).isEqualTo("{}");
        assertThat(members.objects("a", 1)).hasSize(1);
        assertThat(members.objects("a", 0)).isEmpty();
        assertThat(members.objects("b", 10)).isEmpty();
        assertThat(members.objects("c", 10)).isEmpty();
    }

    @Test
    void readsNumbersOfAnyForm() throws MalformedJsonException {
        String huge = "9".repeat(100);
        JsonMembers members =
                read("{\"a\":0,\"b\":-0.0,\"c\":5e9,\"d\":" + huge + ",\"e\":\"1\",\"f\":null,\"g\":1e999}");
        assertThat(members.number("a", 7)).isZero();
        assertThat(members.number("b", 7) == 0).isTrue();
        assertThat(members.number("c", 7)).isEqualTo(5e9);
        assertThat(members.number("d", 7)).isEqualTo(1e100);
        assertThat(members.number("e", 7)).isEqualTo(7);
        assertThat(members.number("f", 7)).isEqualTo(7);
        assertThat(members.number("g", 7)).isInfinite();
        assertThat(members.number("h", 7)).isEqualTo(7);
    }

    @Test
    void writesAnArrayOfObjects() {
        ByteBuffer written = JsonWriter.object(16)
                .startArray("a")
                .startElement()
                .number("b", 1)
                .endObject()
                .startElement()
                .endObject()
                .endArray()
                .bool("c", true)
                .finish();
        assertThat(StandardCharsets.UTF_8.decode(written).toString()).isEqualTo("{\"a\":[{\"b\":1},{}],\"c\":true}");
    }

    private static @Nullable String text(JsonMembers.@Nullable Slice slice) {
        return slice == null ? null : new String(slice.bytes(), slice.offset(), slice.length(), StandardCharsets.UTF_8);
    }

    private static JsonMembers read(String text) throws MalformedJsonException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return JsonMembers.read(bytes, bytes.length);
    }
}
