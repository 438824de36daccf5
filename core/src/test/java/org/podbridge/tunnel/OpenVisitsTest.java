package org.podbridge.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.podbridge.auth.Identity;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.limits.Limits;
import org.podbridge.time.TestScheduler;

class OpenVisitsTest {

    private static final TunnelName APP = TunnelName.of("app");

    private final OpenVisits visits =
            new OpenVisits(new TunnelRegistry(Limits.defaults(), new TestScheduler(), null), (entry, tunnel) -> true);

    @Test
    void endsAllVisitsOfAnIdentityThoughOneCanNotBeEnded() {
        Entry alice = new Entry.Agent(Identity.of(WebId.of("https://alice.example/#me"), "test"));
        List<Integer> ended = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            int number = i;
            visits.add(APP, alice, 0, () -> {
                ended.add(number);
                throw new IllegalStateException("for a test");
            });
        }
        visits.end(identity -> true);
        assertThat(ended).containsExactlyInAnyOrder(0, 1, 2);
    }
}
