package io.godwit.node.qmp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QmpFramerTest {
    private static final long SEEDS = 2_000;

    private final List<String> objects = new ArrayList<>();
    private final List<String> garbage = new ArrayList<>();
    private final QmpFramer framer = new QmpFramer(new QmpFramer.Sink() {
        @Override
        public void onObject(byte[] json) {
            objects.add(new String(json, UTF_8));
        }

        @Override
        public void onGarbage(String what) {
            garbage.add(what);
        }
    });

    private void feed(String text) {
        framer.feed(ByteBuffer.wrap(text.getBytes(UTF_8)));
    }

    @Test
    void shouldCutObjectsThatFollowEachOtherWithAndWithoutSpace() {
        feed("{\"a\":1}{\"b\":\"}{\"}\r\n\t {\"c\":[{}]}[1]");

        assertThat(objects).containsExactly("{\"a\":1}", "{\"b\":\"}{\"}", "{\"c\":[{}]}", "[1]");
        assertThat(garbage).isEmpty();
    }

    @Test
    void shouldKeepEscapedQuotesInsideTheirString() {
        feed("{\"a\":\"\\\"}\\\\\"}{}");

        assertThat(objects).containsExactly("{\"a\":\"\\\"}\\\\\"}", "{}");
    }

    @Test
    void shouldPutPartsTogetherHoweverTheyArrive() {
        SplittableRandom random = new SplittableRandom(11);
        for (int round = 0; round < SEEDS; round++) {
            List<String> sent = new ArrayList<>();
            StringBuilder stream = new StringBuilder();
            for (int i = 0; i < 5; i++) {
                String object = object(random, 0);
                sent.add(object);
                stream.append(object).append(" \n\r".charAt(random.nextInt(3)));
            }
            byte[] bytes = stream.toString().getBytes(UTF_8);
            objects.clear();
            for (int from = 0; from < bytes.length; ) {
                int length = Math.min(1 + random.nextInt(9), bytes.length - from);
                framer.feed(ByteBuffer.wrap(bytes, from, length));
                from += length;
            }

            assertThat(objects).as("seed 11, round " + round).isEqualTo(sent);
        }
        assertThat(garbage).isEmpty();
    }

    private static String object(SplittableRandom random, int depth) {
        StringBuilder text = new StringBuilder("{");
        int members = random.nextInt(4);
        for (int i = 0; i < members; i++) {
            text.append(i == 0 ? "" : ",")
                    .append('"')
                    .append("kéy{\\\"".substring(random.nextInt(3)))
                    .append("\":");
            text.append(depth < 3 && random.nextBoolean() ? object(random, depth + 1) : "-1.5e3");
        }
        return text.append('}').toString();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "42",
                "hello",
                "}",
                "\"text\"",
                "{\"a\": \u0001}",
                "{\"a\" & 1}",
                "{\"unfinished",
                "{'a':1}",
                "\u00ff\u00fe",
                "{\"a\":\"tab\tinside\"}"
            })
    void shouldReportGarbageOnceAndGoOnAtTheNextLine(String line) {
        feed(line + "\n{\"ok\":1}\n");

        assertThat(garbage).hasSize(1);
        assertThat(objects).containsExactly("{\"ok\":1}");
    }

    @Test
    void shouldGoOnAfterAByteThatResynchronises() {
        feed("{\"half\":");
        framer.feed(ByteBuffer.wrap(new byte[] {(byte) 0xff}));
        feed("{\"ok\":1}");

        assertThat(garbage).hasSize(1);
        assertThat(objects).containsExactly("{\"ok\":1}");
    }

    @Test
    void shouldRefuseABombOfBracketsEarly() {
        feed("[".repeat(100_000) + "\n{}");

        assertThat(garbage).singleElement().asString().contains("deeper than 32");
        assertThat(objects).containsExactly("{}");
    }

    @Test
    void shouldRefuseALineLargerThanALimitAndTakeTheNext() {
        feed("{\"a\":\"" + "x".repeat(QmpFramer.MAX_BYTES) + "\"}\n{}");

        assertThat(garbage).singleElement().asString().contains("1048576 bytes");
        assertThat(objects).containsExactly("{}");
    }

    @Test
    void shouldTakeAnyBytesAndStillHearTheNextLine() {
        for (long seed = 0; seed < SEEDS; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] noise = new byte[1 + random.nextInt(300)];
            random.nextBytes(noise);
            if (random.nextBoolean()) {
                mutate(noise, "{\"execute\":\"query-status\",\"arguments\":{\"x\":[1,2]}}", random);
            }
            framer.feed(ByteBuffer.wrap(noise));
            feed("\n");
            framer.feed(ByteBuffer.wrap(new byte[] {(byte) 0xff}));
            feed("\n");
            objects.clear();
            feed("{\"seed\":" + seed + "}");

            assertThat(objects).as("seed " + seed).containsExactly("{\"seed\":" + seed + "}");
        }
    }

    private static void mutate(byte[] noise, String valid, SplittableRandom random) {
        byte[] command = valid.getBytes(UTF_8);
        System.arraycopy(command, 0, noise, 0, Math.min(command.length, noise.length));
        noise[random.nextInt(noise.length)] ^= (byte) (1 << random.nextInt(8));
    }
}
