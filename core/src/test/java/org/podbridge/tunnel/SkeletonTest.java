package org.podbridge.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which names are confusable. */
class SkeletonTest {

    private static final String NAME_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    private static final String OF_SKELETONS = "abcefghjklnopqrstuvxyz346789";

    private final Random random = new Random(7);

    private static String skeleton(String name) {
        return Skeleton.of(name).value();
    }

    private String randomOf(String characters, int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append(characters.charAt(random.nextInt(characters.length())));
        }
        return text.toString();
    }

    private String randomName() {
        return randomOf(NAME_CHARACTERS, 1 + random.nextInt(63));
    }

    @ParameterizedTest
    @CsvSource({
        "mail, rnail",
        "mn, rnn",
        "nm, nrn",
        "rm, rrn",
        "mm, rnrn",
        "mm, rnm",
        "mm, mrn",
        "summer, surnmer",
        "app0, appo",
        "paypal, paypa1",
        "paypal, paypai",
        "1og1n, login",
        "www, vvvvvv",
        "wv, vw",
        "dose, close",
        "dose, c1ose",
        "dose, ciose",
        "news, new5",
        "zoo, 2oo",
        "my-app, myapp",
        "my-app, my_app",
        "myapp, -m-y--app_",
        "r-n, m",
        "MyApp, myapp",
        "PayPaI, paypal",
        "COM, c0rn",
    })
    void makesAlikeWhatLooksAlike(String one, String other) {
        assertThat(skeleton(one)).isEqualTo(skeleton(other));
    }

    @ParameterizedTest
    @CsvSource({
        "m, nn",
        "m, nr",
        "m, n",
        "mn, nm",
        "rnn, nrn",
        "w, v",
        "w, uu",
        "d, lc",
        "d, c",
        "b, 8",
        "g, 9",
        "g, q",
        "e, 3",
        "a, 4",
        "t, 7",
        "u, v",
        "app, apps",
        "app-1, app-2",
    })
    void tellsApartWhatDoesNot(String one, String other) {
        assertThat(skeleton(one)).isNotEqualTo(skeleton(other));
    }

    @Test
    void leavesNamesAloneThatLookLikeNothingElse() {
        for (int i = 0; i < 10_000; i++) {
            String name = randomOf(OF_SKELETONS, 1 + random.nextInt(63));
            assertThat(skeleton(name)).isEqualTo(name);
        }
    }

    @Test
    void changesNothingTwice() {
        for (int i = 0; i < 10_000; i++) {
            String skeleton = skeleton(randomName());
            assertThat(skeleton).matches("[" + OF_SKELETONS + "]*");
            assertThat(skeleton(skeleton)).isEqualTo(skeleton);
        }
    }

    @Test
    void ofTwoNamesInARowIsTheirTwoSkeletonsInARow() {
        for (int i = 0; i < 10_000; i++) {
            String one = randomName();
            String other = randomName();
            assertThat(skeleton(one + other)).isEqualTo(skeleton(one) + skeleton(other));
        }
    }

    @Test
    void doesNotDependOnTheOrderInWhichCharactersAreReplaced() {
        List<String[]> replacements = new ArrayList<>(List.of(
                new String[] {"-", ""},
                new String[] {"_", ""},
                new String[] {"0", "o"},
                new String[] {"1", "l"},
                new String[] {"i", "l"},
                new String[] {"2", "z"},
                new String[] {"5", "s"},
                new String[] {"d", "cl"},
                new String[] {"m", "rn"},
                new String[] {"w", "vv"}));
        for (int i = 0; i < 10_000; i++) {
            String name = randomName();
            Collections.shuffle(replacements, random);
            String replaced = name.toLowerCase(Locale.ROOT);
            for (String[] replacement : replacements) {
                replaced = replaced.replace(replacement[0], replacement[1]);
            }
            assertThat(skeleton(name)).isEqualTo(replaced);
        }
    }

    @Test
    void staysTheSameWhereverALookAlikeStandsInForAnother() {
        String[][] lookAlikes = {
            {"rn", "m"},
            {"vv", "w"},
            {"cl", "d"},
            {"o", "0"},
            {"l", "1"},
            {"l", "i"},
            {"1", "i"},
            {"s", "5"},
            {"z", "2"},
            {"", "-"},
            {"-", "_"}
        };
        for (int i = 0; i < 10_000; i++) {
            String before = randomName();
            String behind = randomName();
            String[] pair = lookAlikes[random.nextInt(lookAlikes.length)];
            assertThat(skeleton(before + pair[0] + behind)).isEqualTo(skeleton(before + pair[1] + behind));
        }
    }

    @Test
    void isAtMostTwiceAsLongAsTheName() {
        assertThat(skeleton("m".repeat(63))).hasSize(126);
        assertThat(IntStream.range(0, 10_000).mapToObj(i -> randomName()))
                .allMatch(name -> skeleton(name).length() <= 2 * name.length());
    }
}
