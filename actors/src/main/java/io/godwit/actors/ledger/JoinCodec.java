package io.godwit.actors.ledger;

import static io.godwit.actors.ledger.VoterMessage.MAX_ADDRESS_LENGTH;
import static io.godwit.actors.ledger.VoterMessage.checked;

import io.godwit.control.join.ClusterNode;
import io.godwit.control.join.JoinAnswer;
import io.godwit.control.join.JoinQuestion;
import io.godwit.control.ledger.LedgerFormatException;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** {@link JoinQuestion} and {@link JoinAnswer} as {@link VoterMessage} carries them. */
final class JoinCodec {
    private static final int WAIT = 0;
    private static final int FORM = 1;
    private static final int JOIN = 2;
    private static final int MAX_SIZE = 0xffff;

    private JoinCodec() {}

    static void write(DataOutputStream out, JoinQuestion question) throws IOException {
        write(out, question.self());
        out.writeByte(question.forms() ? 1 : 0);
        out.writeShort(Math.min(question.size(), MAX_SIZE));
        out.writeByte(question.members().size());
        for (ClusterNode member : question.members()) {
            write(out, member);
        }
    }

    static JoinQuestion readQuestion(DataInputStream in) throws IOException {
        ClusterNode self = readNode(in);
        boolean forms = in.readUnsignedByte() != 0;
        int size = in.readUnsignedShort();
        List<ClusterNode> members = new ArrayList<>();
        for (int left = number(in, 0); left > 0; left--) {
            members.add(readNode(in));
        }
        return new JoinQuestion(self, forms, members, size);
    }

    static void write(DataOutputStream out, JoinAnswer answer) throws IOException {
        if (answer instanceof JoinAnswer.Join join) {
            out.writeByte(JOIN);
            out.writeByte(join.addresses().size());
            for (String address : join.addresses()) {
                out.writeUTF(address);
            }
        } else {
            out.writeByte(answer instanceof JoinAnswer.Form ? FORM : WAIT);
        }
    }

    static JoinAnswer readAnswer(DataInputStream in) throws IOException {
        int kind = in.readUnsignedByte();
        if (kind == JOIN) {
            List<String> addresses = new ArrayList<>();
            for (int left = number(in, 1); left > 0; left--) {
                addresses.add(readAddress(in));
            }
            return new JoinAnswer.Join(addresses);
        } else if (kind == FORM) {
            return new JoinAnswer.Form();
        } else if (kind == WAIT) {
            return new JoinAnswer.Wait();
        }
        throw new LedgerFormatException("voter message's answer to a node that joins is " + kind + "; expected 0 to 2");
    }

    private static int number(DataInputStream in, int least) throws IOException {
        int number = in.readUnsignedByte();
        if (number < least || number > JoinQuestion.MOST_MEMBERS) {
            throw new LedgerFormatException(
                    "voter message names " + number + " nodes; expected " + least + " to " + JoinQuestion.MOST_MEMBERS);
        }
        return number;
    }

    private static void write(DataOutputStream out, ClusterNode node) throws IOException {
        out.writeUTF(node.address());
        out.writeLong(node.uid());
    }

    private static ClusterNode readNode(DataInputStream in) throws IOException {
        return new ClusterNode(readAddress(in), in.readLong());
    }

    private static String readAddress(DataInputStream in) throws IOException {
        String address = checked("address", in.readUTF(), MAX_ADDRESS_LENGTH);
        if (!address.matches("[^@\\s]+@\\S+:\\d{1,5}")) {
            throw new LedgerFormatException(
                    "voter message's address \"" + address + "\" is none; expected CLUSTER@HOST:PORT");
        }
        return address;
    }
}
