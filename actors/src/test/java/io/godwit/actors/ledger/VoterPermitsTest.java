package io.godwit.actors.ledger;

import static io.godwit.actors.ledger.TestVoters.SOUTH;
import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.control.permit.Grant;
import io.godwit.control.permit.PermitTimes;
import io.godwit.control.permit.Renewal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class VoterPermitsTest {
    private static final VoterMessage RENEW = new VoterMessage.Renew(new Renewal(SOUTH, 5));

    private final Role role = new Role();
    private long nowMs = 1_000;
    private Supplier<CompletableFuture<Long>> peer = () -> CompletableFuture.completedFuture(role.term);
    private VoterPermits permits;

    /** What Raft would say of the voter. */
    private static final class Role implements VoterPermits.Standing {
        private volatile long term = 3;
        private volatile boolean leads = true;
        private volatile boolean ready = true;

        @Override
        public long term() {
            return term;
        }

        @Override
        public boolean leads() {
            return leads;
        }

        @Override
        public boolean isReady() {
            return ready;
        }

        @Override
        public Optional<String> leaderId() {
            return Optional.of("host2");
        }
    }

    private final List<String> heard = new ArrayList<>();

    @BeforeEach
    void serve() {
        permits = new VoterPermits(
                PermitTimes.DEFAULT,
                () -> nowMs,
                new TermRounds(TestElectorate.of(List.of(() -> peer.get(), () -> peer.get())), 30_000),
                heard::add);
        permits.serve(role);
    }

    @AfterEach
    void close() {
        permits.close();
    }

    @Test
    void shouldGrantWhatAMajorityConfirms() {
        assertThat(permits.answer(RENEW).join()).isEqualTo(new VoterMessage.Granted(new Grant(SOUTH, 5)));
        assertThat(permits.contact(SOUTH)).isEqualTo(LeaderView.Contact.HEARD);
        assertThat(permits.lives()).containsExactly(SOUTH);
        assertThat(heard).as("whose voter is there").containsExactly(SOUTH.hostId());
    }

    @Test
    void shouldSayWhoLeadsWhenItDoesNot() {
        role.leads = false;

        assertThat(permits.answer(RENEW).join()).isEqualTo(new VoterMessage.NotLeading("host2"));
        assertThat(permits.ledTerm()).isEmpty();
    }

    @Test
    void shouldGrantNothingBeforeItIsReady() {
        role.term = 4;
        role.ready = false;

        assertThat(permits.answer(RENEW).join()).isEqualTo(new VoterMessage.NotLeading(""));
    }

    @Test
    void shouldGrantNothingThatWasReceivedInATermThatIsOver() {
        CompletableFuture<Long> question = new CompletableFuture<>();
        peer = () -> question;
        CompletableFuture<VoterMessage> answer = permits.answer(RENEW);
        role.term = 4;

        question.complete(3L);

        assertThat(answer.join()).isEqualTo(new VoterMessage.NotGranted());
        assertThat(permits.contact(SOUTH)).isEqualTo(LeaderView.Contact.UNCERTAIN);
    }

    @Test
    void shouldReadForOthersOnceAMajorityConfirmedItsTermAgain() {
        CompletableFuture<Long> question = new CompletableFuture<>();
        peer = () -> question;
        CompletableFuture<Optional<VoterMessage>> refusal = permits.refusal();
        assertThat(refusal).isNotDone();

        question.complete(3L);

        assertThat(refusal.join()).isEmpty();
    }

    @Test
    void shouldNotReadForOthersWhenAVoterIsInALaterTermThoughItDoesNotKnow() {
        peer = () -> CompletableFuture.completedFuture(4L);

        assertThat(permits.refusal().join()).contains(new VoterMessage.NotLeading(""));
    }

    @Test
    void shouldNotReadForOthersWhenItsTermEndedWhileItAsked() {
        CompletableFuture<Long> question = new CompletableFuture<>();
        peer = () -> question;
        CompletableFuture<Optional<VoterMessage>> refusal = permits.refusal();
        role.leads = false;

        question.complete(3L);

        assertThat(refusal.join()).isPresent();
        assertThat(permits.refusal().join()).contains(new VoterMessage.NotLeading("host2"));
    }

    @Test
    void shouldForgetNothingWhenAnEventOfAnEarlierTermComesLate() {
        permits.answer(RENEW).join();

        permits.look();

        assertThat(permits.contact(SOUTH)).isEqualTo(LeaderView.Contact.HEARD);
    }

    @Test
    void shouldNotLeadATermAgainThatItLost() {
        role.leads = false;
        permits.look();
        role.leads = true;

        assertThat(permits.answer(RENEW).join()).isEqualTo(new VoterMessage.NotLeading(""));
        role.term = 4;
        assertThat(permits.answer(RENEW).join()).isInstanceOf(VoterMessage.Granted.class);
        assertThat(permits.ledTerm()).contains(4L);
    }

    @Test
    void shouldTakeAHostForSilentOnlyWhenItIsOldEnoughToKnow() {
        assertThat(permits.contact(SOUTH)).isEqualTo(LeaderView.Contact.UNCERTAIN);

        nowMs += PermitTimes.DEFAULT.waitMs();

        assertThat(permits.contact(SOUTH)).isEqualTo(LeaderView.Contact.SILENT);
    }
}
