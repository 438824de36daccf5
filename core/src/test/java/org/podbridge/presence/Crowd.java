package org.podbridge.presence;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import org.podbridge.auth.Endpoint;
import org.podbridge.auth.Identity;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.policy.AccessDecision;
import org.podbridge.policy.AccessPolicy;
import org.podbridge.policy.GuardedPolicy;
import org.podbridge.time.Scheduler;

/** A registry, and members that note what they are told and object to being told wrongly. */
final class Crowd {

    final PresenceRegistry<Member> registry = new PresenceRegistry<>(new PresenceRegistry.Messages() {
        @Override
        public ByteBuffer joined(WebId webId) {
            return text("+" + webId);
        }

        @Override
        public ByteBuffer left(WebId webId) {
            return text("-" + webId);
        }
    });

    private final GuardedPolicy policy;

    Crowd(Scheduler scheduler, BiFunction<Identity, Set<WebId>, CompletionStage<Set<WebId>>> visible) {
        this.policy = new GuardedPolicy(new VisibilityOnly(visible), Duration.ofSeconds(10), scheduler);
    }

    static WebId webId(String name) {
        return WebId.of("https://" + name + ".example/#me");
    }

    private static ByteBuffer text(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)).asReadOnlyBuffer();
    }

    Member join(String name) {
        Member member = new Member(webId(name));
        member.join();
        return member;
    }

    /** One connection of an agent. */
    class Member implements PresenceRegistry.Present, PresenceView.Sink {
        private final WebId webId;
        private final PresenceView view;
        private final Set<String> knows = new TreeSet<>();
        private boolean welcomed;
        volatile boolean replaced;
        volatile String fault = "";
        int messages;

        Member(WebId webId) {
            this.webId = webId;
            this.view = new PresenceView(Identity.of(webId, "test"), registry, policy, this);
        }

        void join() {
            registry.join(this);
            view.open();
        }

        void leave() {
            registry.leave(this);
        }

        /** Whom it believes to be online. To be asked when nothing is under way. */
        synchronized Set<String> knows() {
            return Set.copyOf(knows);
        }

        @Override
        public WebId webId() {
            return webId;
        }

        @Override
        public PresenceView view() {
            return view;
        }

        @Override
        public void replaced() {
            replaced = true;
        }

        @Override
        public synchronized void snapshot(Collection<WebId> peers) {
            check(!welcomed, "a second snapshot");
            welcomed = true;
            peers.forEach(peer -> check(knows.add(peer.value()), "twice in the snapshot: " + peer));
            check(!knows.contains(webId.value()), "told of itself");
        }

        @Override
        public synchronized void changed(ByteBuffer message) {
            String text = StandardCharsets.UTF_8.decode(message).toString();
            String peer = text.substring(1);
            messages++;
            check(welcomed, "told before the snapshot: " + text);
            check(!peer.equals(webId.value()), "told of itself");
            check(text.startsWith("+") ? knows.add(peer) : knows.remove(peer), "told twice: " + text);
        }

        private void check(boolean right, String what) {
            if (!right) {
                fault = what;
            }
        }
    }

    private record VisibilityOnly(BiFunction<Identity, Set<WebId>, CompletionStage<Set<WebId>>> visible)
            implements AccessPolicy {
        @Override
        public CompletionStage<AccessDecision> mayConnect(Identity who, Endpoint endpoint, Optional<String> origin) {
            throw new AssertionError();
        }

        @Override
        public CompletionStage<Set<WebId>> visible(Identity viewer, Set<WebId> online) {
            return visible.apply(viewer, online);
        }

        @Override
        public CompletionStage<AccessDecision> mayCall(Identity from, WebId to) {
            throw new AssertionError();
        }

        @Override
        public CompletionStage<AccessDecision> mayClaim(Identity who, TunnelName name) {
            throw new AssertionError();
        }
    }
}
