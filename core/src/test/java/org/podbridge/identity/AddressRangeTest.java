package org.podbridge.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressRangeTest {

    @ParameterizedTest
    @CsvSource({
        "192.0.2.1, 192.0.2.1, true",
        "192.0.2.1, 192.0.2.2, false",
        "192.0.2.0/24, 192.0.2.255, true",
        "192.0.2.0/24, 192.0.3.0, false",
        "192.0.2.128/25, 192.0.2.127, false",
        "192.0.2.128/25, 192.0.2.200, true",
        "0.0.0.0/0, 203.0.113.7, true",
        "0.0.0.0/0, 2001:db8::1, false",
        "2001:db8::/32, 2001:db8:ffff::1, true",
        "2001:db8::/32, 2001:db9::1, false",
        "::/0, 192.0.2.1, false",
        "::1, ::1, true",
        "192.0.2.0/24, ::ffff:192.0.2.7, true"
    })
    void holdsTheAddressesWhoseLeadingBitsAreTheSame(String range, String address, boolean contained) {
        assertThat(AddressRange.of(range).contains(AddressRange.parse(address).orElseThrow()))
                .isEqualTo(contained);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/8",
                "localhost",
                "pod.example/24",
                "192.0.2",
                "192.0.2.1.5",
                "192.0.2.256",
                "0x7f.0.0.1",
                "192.0.2.1/",
                "192.0.2.0/33",
                "192.0.2.0/-1",
                "192.0.2.0/ 24",
                "192.0.2.1/24",
                "2001:db8::1/64",
                "2001:db8::/129",
                ":::",
                "fe80::1%eth0",
                "[::1]",
                "1:2:3:4:5:6:7:8:9",
                "１92.0.2.1"
            })
    void refusesWhatIsNoRangeAndAsksNoNameServer(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AddressRange.of(text))
                .withMessageContaining("expected: an address such as 192.0.2.1");
    }

    @Test
    void isAValue() {
        assertThat(AddressRange.of("192.0.2.0/24"))
                .isEqualTo(AddressRange.of("192.0.2.0/24"))
                .hasSameHashCodeAs(AddressRange.of("192.0.2.0/24"))
                .isNotEqualTo(AddressRange.of("192.0.2.0/25"))
                .hasToString("192.0.2.0/24");
    }
}
