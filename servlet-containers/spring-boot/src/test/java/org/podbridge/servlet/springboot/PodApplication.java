package org.podbridge.servlet.springboot;

import jakarta.servlet.DispatcherType;
import java.net.URI;
import java.security.Principal;
import java.util.Map;
import java.util.Optional;
import org.podbridge.Podbridge;
import org.podbridge.auth.AuthProvider;
import org.podbridge.auth.AuthRequest;
import org.podbridge.auth.Identity;
import org.podbridge.identity.WebId;
import org.podbridge.policy.AccessPolicy;
import org.podbridge.servlet.PodbridgeFilter;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** An application with a page of its own and people who log in, and Podbridge in it. */
@SpringBootApplication
public class PodApplication {

    /** The application's own. */
    @RestController
    public static class Greeter {

        /** Greets whoever has logged in. */
        @GetMapping("/hello")
        public String hello(Principal principal) {
            return "Hello " + principal.getName();
        }
    }

    /** Closed by Spring with the application. People come as themselves, tunnel clients with a token. */
    @Bean
    public Podbridge podbridge(@Value("${pod.uri}") URI publicUri) {
        return Podbridge.builder()
                .publicUri(publicUri)
                .authProvider(AuthProvider.firstOf(
                        AuthProvider.fixed(Map.of("tunnel-token", webId("alice", publicUri))),
                        AuthProvider.host(request -> identity(request, publicUri))))
                .accessPolicy(AccessPolicy.anyAuthenticated())
                .build();
    }

    private static Optional<Identity> identity(AuthRequest request, URI publicUri) {
        return request.hostPrincipal()
                .map(principal -> Identity.builder(webId(principal.getName(), publicUri), "spring-security")
                        .ambient(true) // browsers send what Spring Security goes by to whoever asks
                        .build());
    }

    private static WebId webId(String user, URI publicUri) {
        return WebId.of(publicUri + "/" + user + "/profile/card#me");
    }

    /** Behind Spring Security's filter, which knows who somebody is. */
    @Bean
    public FilterRegistrationBean<PodbridgeFilter> podbridgeFilter(Podbridge podbridge) {
        FilterRegistrationBean<PodbridgeFilter> filter = new FilterRegistrationBean<>(new PodbridgeFilter(podbridge));
        filter.setDispatcherTypes(DispatcherType.REQUEST, DispatcherType.ASYNC);
        return filter;
    }

    /** Podbridge decides by itself who may do what on its paths, and answers them to pages of other origins. */
    @Bean
    public SecurityFilterChain security(HttpSecurity http) throws Exception {
        String[] podbridge = {"/.webrtc", "/.tunnel", "/.tunnel/**", "/tunnel/**", "/.turn/**"};
        return http.authorizeHttpRequests(requests -> requests.requestMatchers(podbridge)
                        .permitAll()
                        .anyRequest()
                        .authenticated())
                .csrf(csrf -> csrf.ignoringRequestMatchers(podbridge))
                .headers(headers -> headers.disable())
                .httpBasic(Customizer.withDefaults())
                .build();
    }

    /** Who can log in. */
    @Bean
    public UserDetailsService users() {
        return new InMemoryUserDetailsManager(
                User.withUsername("alice").password("{noop}secret").build(),
                User.withUsername("bob").password("{noop}other").build());
    }
}
