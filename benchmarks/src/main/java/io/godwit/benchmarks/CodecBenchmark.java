package io.godwit.benchmarks;

import io.godwit.config.Compression;
import io.godwit.config.LaneSettings;
import io.godwit.migration.encoding.MigrationCodecs;
import io.godwit.transport.codec.EncodedUnit;
import io.godwit.transport.codec.PageDecoder;
import io.godwit.transport.codec.PageEncoder;
import io.godwit.transport.seal.FrameOpener;
import io.godwit.transport.seal.FrameSealer;
import io.godwit.transport.seal.StreamSecret;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a lane's codecs cost, per 4 KiB page: microseconds a page, so 4096 divided by them is MB/s. With {@code -prof gc} the
 * bytes allocated, per page too. Compressible pages are of three random bytes in eight, 43 % after zstd; a page sent again has eight
 * words changed.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
        value = 1,
        jvmArgsAppend = {
            "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
            "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
            "-XX:+UseG1GC"
        })
public class CodecBenchmark {
    private static final int PAGE = 4096;
    private static final int FRAME_PAGES = 15;
    private static final int FRAME_BYTES = FRAME_PAGES * PAGE;
    private static final int BATCH_PAGES = 32;
    private static final int BATCH_BYTES = BATCH_PAGES * PAGE;
    private static final int HEADER = 56;
    private static final long BASE = 1L << 32;

    private final UUID id = UUID.randomUUID();
    private final StreamSecret secret = StreamSecret.random();
    private final FrameOpener opener = new FrameOpener(secret, id, 0, 0);
    private final UnsafeBuffer header = new UnsafeBuffer(new byte[HEADER]);
    private final UnsafeBuffer text = direct(BATCH_BYTES);
    private final UnsafeBuffer noise = direct(BATCH_BYTES);
    private final UnsafeBuffer sealed = direct(FRAME_BYTES + FrameSealer.TAG_LENGTH);
    private final UnsafeBuffer toOpen = direct(FRAME_BYTES + FrameSealer.TAG_LENGTH);
    private final UnsafeBuffer unit = direct(BATCH_BYTES);
    private final UnsafeBuffer pages = direct(EncodedUnit.MAX_PAGES * PAGE);

    private FrameSealer sealer = new FrameSealer(secret, id, 0, 0);
    private long number;
    private PageEncoder zstd = encoder(Compression.ZSTD, 0);
    private PageEncoder zlib = encoder(Compression.ZLIB, 0);
    private PageEncoder deltas = encoder(Compression.NONE, 64 << 20);
    private PageDecoder decoder = Objects.requireNonNull(MigrationCodecs.DECODERS.forLane(0));
    private int unitLength;
    private int unitMethod;
    private long change;

    @Setup(Level.Trial)
    public void prepare() {
        SplittableRandom random = new SplittableRandom(1);
        for (int at = 0; at < BATCH_BYTES; at += 8) {
            noise.putLong(at, random.nextLong());
            text.putLong(at, 0x2020_2020_2020_2020L + random.nextInt(1 << 24));
        }
        sealer.seal(number++, header, 0, HEADER, noise, 0, FRAME_BYTES, toOpen, 0);
        zstd.begin(BASE, text, BATCH_PAGES, false);
        zstd.next();
        unitLength = zstd.unit().length();
        unitMethod = zstd.unit().method();
        unit.putBytes(0, zstd.unit().bytes(), zstd.unit().offset(), unitLength);
        System.out.printf("zstd level 1: to %.1f %%%n", 100.0 * unitLength / BATCH_BYTES);
        deltas.roundEnded();
        encodeDeltas();
    }

    @TearDown(Level.Trial)
    public void close() {
        zstd.close();
        zlib.close();
        deltas.close();
        decoder.close();
        secret.close();
    }

    @Benchmark
    @OperationsPerInvocation(FRAME_PAGES)
    public void sealFrame() {
        if (number == FrameSealer.MAX_FRAMES) {
            sealer = new FrameSealer(secret, UUID.randomUUID(), 0, 0);
            number = 0;
        }
        sealer.seal(number++, header, 0, HEADER, noise, 0, FRAME_BYTES, sealed, 0);
    }

    @Benchmark
    @OperationsPerInvocation(FRAME_PAGES)
    public boolean openFrame() {
        return opener.open(0, header, 0, HEADER, toOpen, 0, FRAME_BYTES);
    }

    @Benchmark
    @OperationsPerInvocation(BATCH_PAGES)
    public int compressZstd() {
        return encode(zstd);
    }

    @Benchmark
    @OperationsPerInvocation(BATCH_PAGES)
    public int compressZlib() {
        return encode(zlib);
    }

    @Benchmark
    @OperationsPerInvocation(BATCH_PAGES)
    public void decompressZstd() {
        decoder.decompress(unitMethod, unit, unitLength, pages, BATCH_PAGES);
    }

    @Benchmark
    @OperationsPerInvocation(BATCH_PAGES)
    public int encodeDeltas() {
        change++;
        for (int page = 0; page < BATCH_PAGES; page++) {
            for (int word = 0; word < 8; word++) {
                noise.putLong(page * PAGE + 512 * word, change);
            }
        }
        deltas.begin(BASE, noise, BATCH_PAGES, false);
        deltas.next();
        return deltas.unit().length();
    }

    private int encode(PageEncoder encoder) {
        encoder.begin(BASE, text, BATCH_PAGES, false);
        encoder.next();
        return encoder.unit().length();
    }

    private static PageEncoder encoder(Compression compression, long cacheBytes) {
        LaneSettings settings = new LaneSettings(1, compression, 1, true, true, cacheBytes);
        return Objects.requireNonNull(MigrationCodecs.encoders(settings).forLane(0, 1));
    }

    private static UnsafeBuffer direct(int bytes) {
        return new UnsafeBuffer(ByteBuffer.allocateDirect(bytes));
    }
}
