package io.godwit.actors.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.godwit.config.DurableFile;
import io.godwit.config.InvalidValueException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A {@link VoterSet} on disk, as UTF-8 lines that end in a line feed; a voter's name is the rest of its line:
 *
 * <pre>
 * godwit-voters 1
 * index 4711
 * voter 10.0.0.1:7402 alpha
 * end
 * </pre>
 *
 * <p>A later generation than the first has the header {@code godwit-voters 2} and, behind the index, a line
 * {@code generation 1 0123456789abcdef} with its number and its mark.
 */
final class VoterFile {
    private static final String HEADER = "godwit-voters 1";
    private static final String LATER_HEADER = "godwit-voters 2";
    private static final String GENERATION = "generation ";
    private static final String INDEX = "index ";
    private static final String VOTER = "voter ";
    private static final String END = "end";

    private VoterFile() {}

    /** Durable when it returns. */
    static void write(Path file, VoterSet set) throws IOException {
        Generation generation = set.generation();
        boolean later = generation.number() > 0;
        StringBuilder text = new StringBuilder((later ? LATER_HEADER : HEADER) + '\n' + INDEX + set.index() + '\n');
        if (later) {
            text.append(GENERATION).append(generation.suffix(' ').strip()).append('\n');
        }
        set.voters()
                .forEach(voter -> text.append(VOTER)
                        .append(voter.address())
                        .append(' ')
                        .append(voter.id())
                        .append('\n'));
        text.append(END).append('\n');
        DurableFile.write(file, text.toString().getBytes(UTF_8));
    }

    /**
     * Empty where there is no file yet.
     *
     * @throws IOException for a file that cannot be read or is none of these
     */
    static Optional<VoterSet> read(Path file) throws IOException {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        List<String> lines = Files.readAllLines(file, UTF_8);
        try {
            return Optional.of(parse(lines));
        } catch (InvalidValueException | IndexOutOfBoundsException | NumberFormatException malformed) {
            throw new IOException(
                    file + " does not say who votes (" + malformed.getMessage()
                            + "); expected what a node wrote there. Remove it to go by ledger.voters until another"
                            + " host says who votes",
                    malformed);
        }
    }

    private static VoterSet parse(List<String> lines) {
        int last = lines.size() - 1;
        boolean later = last > 0 && lines.get(0).equals(LATER_HEADER);
        int first = later ? 3 : 2;
        if (last <= first
                || !(later || lines.get(0).equals(HEADER))
                || !lines.get(1).startsWith(INDEX)
                || later != lines.get(2).startsWith(GENERATION)
                || !lines.get(last).equals(END)) {
            throw new InvalidValueException("voters", lines.size() + " lines", HEADER + ", index, voters, " + END);
        }
        Generation generation = later ? generation(lines.get(2).substring(GENERATION.length())) : Generation.FIRST;
        List<LedgerSettings.Voter> voters = new ArrayList<>();
        for (String line : lines.subList(first, last)) {
            int space = line.indexOf(' ', VOTER.length());
            if (!line.startsWith(VOTER) || space < 0) {
                throw new InvalidValueException("voters", line, "voter ADDRESS NAME");
            }
            voters.add(LedgerSettings.Voter.at(line.substring(space + 1), line.substring(VOTER.length(), space)));
        }
        return new VoterSet(generation, Long.parseLong(lines.get(1).substring(INDEX.length())), voters);
    }

    private static Generation generation(String text) {
        int space = text.indexOf(' ');
        return new Generation(Integer.parseInt(text, 0, space, 10), text.substring(space + 1));
    }
}
