package org.podbridge.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.util.List;
import org.junit.jupiter.api.Test;

class HeaderFieldsTest {

    private final HeaderFields fields = HeaderFields.of("Accept", "text/html", "Cookie", "a=b", "accept", "*/*");

    @Test
    void keepsLinesInOrderAndAsTheyCame() {
        assertThat(fields.size()).isEqualTo(3);
        assertThat(fields.name(2)).isEqualTo("accept");
        assertThat(fields.value(2)).isEqualTo("*/*");
        assertThat(fields.asList())
                .containsExactly(
                        new HeaderFields.Field("Accept", "text/html"),
                        new HeaderFields.Field("Cookie", "a=b"),
                        new HeaderFields.Field("accept", "*/*"));
    }

    @Test
    void findsNamesWithoutCase() {
        assertThat(fields.first("ACCEPT")).contains("text/html");
        assertThat(fields.all("ACCEPT")).containsExactly("text/html", "*/*");
        assertThat(fields.contains("COOKIE")).isTrue();
        assertThat(fields.contains("a=b")).as("a value").isFalse();
        assertThat(fields.first("host")).isEmpty();
        assertThat(fields.all("host")).isEmpty();
    }

    @Test
    void hasNoLineBeyondItsLast() {
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> fields.name(3));
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> fields.value(3));
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> fields.name(-1));
    }

    @Test
    void isLeftAsItIsByWhatIsAddedToItsBuilder() {
        HeaderFields.Builder builder = HeaderFields.builder().add("a", "1");
        HeaderFields before = builder.build();
        builder.add("b", "2");
        assertThat(before.asList()).hasSize(1);
        assertThat(builder.build().asList()).hasSize(2);
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> before.asList().remove(0));
    }

    @Test
    void takesMoreThanMostMessagesHave() {
        HeaderFields.Builder builder = HeaderFields.builder();
        for (int i = 0; i < 100; i++) {
            builder.add("name-" + i, "value-" + i);
        }
        HeaderFields many = builder.build();
        HeaderFields twice = HeaderFields.builder()
                .addAll(many)
                .addAll(many)
                .add("last", "one")
                .build();
        assertThat(twice.size()).isEqualTo(201);
        assertThat(twice.value(199)).isEqualTo("value-99");
        assertThat(twice.first("last")).contains("one");
    }

    @Test
    void isEmptyWithoutLines() {
        assertThat(HeaderFields.builder().build().isEmpty()).isTrue();
        assertThat(HeaderFields.empty().asList()).isEmpty();
        assertThat(fields.isEmpty()).isFalse();
    }

    @Test
    @SuppressWarnings("NullAway") // what is tested
    void hasNamesAndValuesThroughout() {
        assertThatNullPointerException().isThrownBy(() -> HeaderFields.of("a", null));
        assertThatNullPointerException().isThrownBy(() -> HeaderFields.of(null, "a"));
    }

    @Test
    void showsNoValues() {
        assertThat(fields).hasToString(List.of("Accept", "Cookie", "accept").toString());
    }
}
