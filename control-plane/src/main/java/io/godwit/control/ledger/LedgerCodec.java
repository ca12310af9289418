package io.godwit.control.ledger;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.type.LogicalType;
import io.godwit.config.Availability;
import io.godwit.config.MigrationParameters;
import io.godwit.config.VmPlacement;
import io.godwit.config.VmSpec;
import java.io.IOException;
import java.util.List;
import java.util.SortedMap;

/**
 * The ledger's durable encoding: what voters keep on disk and clients send. UTF-8 JSON, one object
 * {@code {"v":4,"body":…}}; the fields of the body are those of the records, commands and answers carry a
 * {@code "type"}. The golden files in this module's tests are the format: a change of a record that changes them needs
 * a new version here. Older ones are read too: version 1, whose VMs had no disks, no network interfaces and no other
 * devices, version 2, which knew no failover, so that every VM stayed with its owner, and version 3, whose VMs had the
 * usual availability and which knew no host under maintenance. Slots are written only of VMs whose devices came or went,
 * availability only where it is not the usual, placement only where something was said of it: without them a definition is
 * what it was before there were any. So are the hosts that keep their VMs when they are down, only where there are some,
 * and the rebalancer, where it was told something or moved anything, and whose the hosts' names are. The level
 * ({@link LedgerLevel}) is written from the second on, so that builds of the first read what they have to.
 *
 * <p>Decoding is strict: unknown, missing and repeated fields, wrong types and other versions are refused. Every method
 * that decodes throws {@link LedgerFormatException}.
 */
public final class LedgerCodec {
    public static final int VERSION = 4;
    private static final int OLDEST_VERSION = 1;
    /** A command holds at most a VM's definition, whose longest field is a 2047-byte command line. */
    public static final int MAX_MESSAGE_BYTES = 64 << 10;

    /** Of a VM's definition since version 2. */
    private static final List<String> DEVICE_FIELDS = List.of("disks", "nics", "devices");

    private static final String SLOTS = "slots";
    private static final String AVAILABILITY = "availability";
    private static final String PLACEMENT = "placement";
    private static final String FAILOVER = "failover";
    private static final String KEEPING = "keeping";
    private static final String CLUSTER = "cluster";
    private static final String REBALANCER = "rebalancer";
    private static final String NAMES = "names";
    private static final String LEVEL = "level";
    private static final int FIRST_WITH_DEVICES = 2;
    private static final int FIRST_WITH_FAILOVER = 3;
    private static final int FIRST_WITH_AVAILABILITY = 4;
    private static final String MAINTENANCE = "maintenance";
    private static final int FIRST_WITH_MAINTENANCE = 4;

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .disable(MapperFeature.AUTO_DETECT_IS_GETTERS)
            .withCoercionConfig(
                    LogicalType.Textual,
                    text -> text.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.ALWAYS, JsonInclude.Include.ALWAYS))
            .addMixIn(LedgerCommand.class, CommandTypes.class)
            .addMixIn(LedgerAnswer.class, AnswerTypes.class)
            .addMixIn(VmSpec.class, UsualLeftOut.class)
            .addMixIn(LedgerSnapshot.class, UsualSnapshotLeftOut.class)
            .addMixIn(LedgerSnapshot.Failover.class, KeepingNoneLeftOut.class)
            .addMixIn(LedgerSnapshot.ClusterParameters.class, UsualRebalancerLeftOut.class)
            .build();

    private LedgerCodec() {}

    public static byte[] encode(LedgerCommand command) {
        return write(command, LedgerCommand.class);
    }

    public static LedgerCommand decodeCommand(byte[] bytes) {
        return read("command", bytes, MAX_MESSAGE_BYTES, LedgerCommand.class);
    }

    public static byte[] encode(LedgerAnswer answer) {
        return write(answer, LedgerAnswer.class);
    }

    public static LedgerAnswer decodeAnswer(byte[] bytes) {
        return read("answer", bytes, MAX_MESSAGE_BYTES, LedgerAnswer.class);
    }

    /** Answers to {@code find} (none or one) and {@code list}. */
    public static byte[] encode(List<VmRecord> records) {
        return write(records.toArray(VmRecord[]::new), VmRecord[].class);
    }

    public static List<VmRecord> decodeRecords(byte[] bytes) {
        return List.of(read("records", bytes, Integer.MAX_VALUE, VmRecord[].class));
    }

    /** What is set about the migrations of all VMs. */
    public static byte[] encode(MigrationParameters parameters) {
        return write(parameters, MigrationParameters.class);
    }

    public static MigrationParameters decodeParameters(byte[] bytes) {
        return read("parameters", bytes, MAX_MESSAGE_BYTES, MigrationParameters.class);
    }

    public static byte[] encodeMaintenance(List<HostMaintenance> hosts) {
        return write(hosts.toArray(HostMaintenance[]::new), HostMaintenance[].class);
    }

    public static List<HostMaintenance> decodeMaintenance(byte[] bytes) {
        return List.of(read(MAINTENANCE, bytes, Integer.MAX_VALUE, HostMaintenance[].class));
    }

    public static byte[] encode(LedgerSnapshot snapshot) {
        return write(snapshot, LedgerSnapshot.class);
    }

    public static LedgerSnapshot decodeSnapshot(byte[] bytes) {
        return read("snapshot", bytes, Integer.MAX_VALUE, LedgerSnapshot.class);
    }

    private static byte[] write(Object body, Class<?> type) {
        try {
            ObjectNode message = JSON.createObjectNode();
            message.put("v", VERSION);
            JsonNode tree = JSON.readTree(JSON.writerFor(type).writeValueAsBytes(body));
            message.set("body", tree);
            return JSON.writeValueAsBytes(message);
        } catch (IOException e) {
            throw new IllegalStateException("ledger " + type.getSimpleName() + " cannot be encoded", e);
        }
    }

    private static <T> T read(String what, byte[] bytes, int limit, Class<T> type) {
        if (bytes.length > limit) {
            throw new LedgerFormatException(
                    "ledger " + what + " of " + bytes.length + " bytes; expected at most " + limit);
        }
        try {
            JsonNode message = JSON.readTree(bytes);
            if (!message.isObject()) {
                throw new LedgerFormatException("ledger " + what + " is not a JSON object");
            }
            JsonNode version = message.path("v");
            if (!version.isInt() || version.intValue() < OLDEST_VERSION || version.intValue() > VERSION) {
                throw new LedgerFormatException("ledger " + what + " has version " + version + "; this Godwit reads "
                        + OLDEST_VERSION + " to " + VERSION);
            }
            if (message.size() != 2 || !message.hasNonNull("body")) {
                throw new LedgerFormatException("ledger " + what + " has other fields than \"v\" and \"body\"");
            }
            if (type == LedgerSnapshot.class) {
                checkLevel(message.get("body"));
            }
            if (version.intValue() < FIRST_WITH_DEVICES) {
                addDevices(message);
            }
            addSlots(message);
            addUsual(message, AVAILABILITY, Availability.USUAL, version.intValue());
            addUsual(message, PLACEMENT, VmPlacement.ANYWHERE, version.intValue());
            if (version.intValue() < FIRST_WITH_FAILOVER && type == LedgerSnapshot.class) {
                addFailover(message.get("body"));
            }
            if (version.intValue() < FIRST_WITH_MAINTENANCE && type == LedgerSnapshot.class) {
                olderSnapshot(message.get("body"), MAINTENANCE, FIRST_WITH_MAINTENANCE)
                        .putArray(MAINTENANCE);
            }
            if (type == LedgerSnapshot.class) {
                addKeeping(message.get("body"));
                addRebalancer(message.get("body"));
                addNames(message.get("body"));
                addLevel(message.get("body"));
            }
            T body = JSON.readerFor(type).readValue(message.get("body"));
            NullCheck.check(body);
            return body;
        } catch (JsonProcessingException e) {
            throw new LedgerFormatException("ledger " + what + " is malformed: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new LedgerFormatException("ledger " + what + " cannot be read", e);
        }
    }

    /** Definitions are told by a field that nothing else has. One that names devices already is not of version 1. */
    private static void addDevices(JsonNode message) {
        for (JsonNode spec : message.findParents("hiddenCpuFeatures")) {
            for (String field : DEVICE_FIELDS) {
                if (spec.has(field)) {
                    throw new LedgerFormatException("ledger VM of version 1 has " + field + "; expected version 2");
                }
                ((ObjectNode) spec).putArray(field);
            }
        }
    }

    private static void addSlots(JsonNode message) {
        for (JsonNode spec : message.findParents("hiddenCpuFeatures")) {
            if (!spec.has(SLOTS)) {
                ((ObjectNode) spec).putObject(SLOTS);
            }
        }
    }

    /** What is left out of a definition where it is as usual, and was never written before version 4. */
    private static void addUsual(JsonNode message, String field, Object usual, int version) {
        for (JsonNode spec : message.findParents("hiddenCpuFeatures")) {
            if (!spec.has(field)) {
                ((ObjectNode) spec).set(field, JSON.valueToTree(usual));
            } else if (version < FIRST_WITH_AVAILABILITY) {
                throw new LedgerFormatException("ledger VM of version " + version + " has " + field
                        + "; expected version " + FIRST_WITH_AVAILABILITY);
            }
        }
    }

    private interface UsualLeftOut {
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        @JsonProperty
        SortedMap<String, Integer> slots();

        @JsonInclude(value = JsonInclude.Include.CUSTOM, valueFilter = UsualAvailability.class)
        @JsonProperty
        Availability availability();

        @JsonInclude(value = JsonInclude.Include.CUSTOM, valueFilter = Anywhere.class)
        @JsonProperty
        VmPlacement placement();
    }

    /** Equal to what is left out. */
    private static final class Anywhere {
        @Override
        public boolean equals(Object other) {
            return VmPlacement.ANYWHERE.equals(other);
        }

        @Override
        public int hashCode() {
            return VmPlacement.ANYWHERE.hashCode();
        }
    }

    /** Equal to what is left out. */
    private static final class UsualAvailability {
        @Override
        public boolean equals(Object other) {
            return Availability.USUAL.equals(other);
        }

        @Override
        public int hashCode() {
            return Availability.USUAL.hashCode();
        }
    }

    private static void addFailover(JsonNode snapshot) {
        ObjectNode failover =
                olderSnapshot(snapshot, FAILOVER, FIRST_WITH_FAILOVER).putObject(FAILOVER);
        failover.putArray("guarded");
        failover.putArray("confirmedDead");
    }

    private static void addKeeping(JsonNode snapshot) {
        if (snapshot.get(FAILOVER) instanceof ObjectNode failover && !failover.has(KEEPING)) {
            failover.putArray(KEEPING);
        }
    }

    private static void addRebalancer(JsonNode snapshot) {
        if (snapshot.get(CLUSTER) instanceof ObjectNode cluster && !cluster.has(REBALANCER)) {
            cluster.set(REBALANCER, JSON.valueToTree(LedgerSnapshot.Rebalancer.USUAL));
        }
    }

    private static void addNames(JsonNode snapshot) {
        if (snapshot instanceof ObjectNode object && !object.has(NAMES)) {
            object.putArray(NAMES);
        }
    }

    private static void addLevel(JsonNode snapshot) {
        if (snapshot instanceof ObjectNode object && !object.has(LEVEL)) {
            object.put(LEVEL, LedgerLevel.FIRST);
        }
    }

    /** Before its body is looked into, which may hold what only later builds know. */
    private static void checkLevel(JsonNode snapshot) {
        JsonNode level = snapshot.path(LEVEL);
        if (level.isInt() && level.intValue() > LedgerLevel.SPOKEN) {
            throw new LedgerLevelException(level.intValue(), LedgerLevel.SPOKEN);
        }
    }

    private interface UsualSnapshotLeftOut {
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        @JsonProperty
        List<LedgerSnapshot.HostName> names();

        @JsonInclude(value = JsonInclude.Include.CUSTOM, valueFilter = FirstLevel.class)
        @JsonProperty
        int level();
    }

    /** Equal to what is left out. */
    private static final class FirstLevel {
        @Override
        public boolean equals(Object other) {
            return Integer.valueOf(LedgerLevel.FIRST).equals(other);
        }

        @Override
        public int hashCode() {
            return LedgerLevel.FIRST;
        }
    }

    private interface UsualRebalancerLeftOut {
        @JsonInclude(value = JsonInclude.Include.CUSTOM, valueFilter = UsualRebalancer.class)
        @JsonProperty
        LedgerSnapshot.Rebalancer rebalancer();
    }

    /** Equal to what is left out. */
    private static final class UsualRebalancer {
        @Override
        public boolean equals(Object other) {
            return LedgerSnapshot.Rebalancer.USUAL.equals(other);
        }

        @Override
        public int hashCode() {
            return LedgerSnapshot.Rebalancer.USUAL.hashCode();
        }
    }

    private interface KeepingNoneLeftOut {
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        @JsonProperty
        List<String> keeping();
    }

    /** A snapshot of a version that did not have this field yet. */
    private static ObjectNode olderSnapshot(JsonNode snapshot, String field, int since) {
        if (!snapshot.isObject() || snapshot.has(field)) {
            throw new LedgerFormatException("ledger snapshot before version " + since + " is no object or has " + field
                    + "; expected version " + since);
        }
        return (ObjectNode) snapshot;
    }

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = LedgerCommand.Create.class, name = "create"),
        @JsonSubTypes.Type(value = LedgerCommand.Define.class, name = "define"),
        @JsonSubTypes.Type(value = LedgerCommand.Delete.class, name = "delete"),
        @JsonSubTypes.Type(value = LedgerCommand.SetDesired.class, name = "set-desired"),
        @JsonSubTypes.Type(value = LedgerCommand.Reclaim.class, name = "reclaim"),
        @JsonSubTypes.Type(value = LedgerCommand.SetGuarded.class, name = "set-guarded"),
        @JsonSubTypes.Type(value = LedgerCommand.Claim.class, name = "claim"),
        @JsonSubTypes.Type(value = LedgerCommand.ConfirmDead.class, name = "confirm-dead"),
        @JsonSubTypes.Type(value = LedgerCommand.SetAutoMigrate.class, name = "set-auto-migrate"),
        @JsonSubTypes.Type(value = LedgerCommand.ChangeVmParameters.class, name = "change-vm-parameters"),
        @JsonSubTypes.Type(value = LedgerCommand.ChangeClusterParameters.class, name = "change-cluster-parameters"),
        @JsonSubTypes.Type(value = LedgerCommand.ChangeDevices.class, name = "change-devices"),
        @JsonSubTypes.Type(value = LedgerCommand.BeginMaintenance.class, name = "begin-maintenance"),
        @JsonSubTypes.Type(value = LedgerCommand.NoteMove.class, name = "note-move"),
        @JsonSubTypes.Type(value = LedgerCommand.EndMaintenance.class, name = "end-maintenance"),
        @JsonSubTypes.Type(value = LedgerCommand.NameHost.class, name = "name-host"),
        @JsonSubTypes.Type(value = LedgerCommand.AdmitHost.class, name = "admit-host"),
        @JsonSubTypes.Type(value = LedgerCommand.RaiseLevel.class, name = "raise-level"),
        @JsonSubTypes.Type(value = LedgerCommand.ReleaseName.class, name = "release-name"),
        @JsonSubTypes.Type(value = LedgerCommand.SetRebalancer.class, name = "set-rebalancer"),
        @JsonSubTypes.Type(value = LedgerCommand.BeginBalanceMove.class, name = "begin-balance-move"),
        @JsonSubTypes.Type(value = LedgerCommand.EndBalanceMove.class, name = "end-balance-move"),
        @JsonSubTypes.Type(value = LedgerCommand.Prepare.class, name = "prepare"),
        @JsonSubTypes.Type(value = LedgerCommand.Abort.class, name = "abort"),
        @JsonSubTypes.Type(value = LedgerCommand.Commit.class, name = "commit")
    })
    private interface CommandTypes {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = LedgerAnswer.Applied.class, name = "applied"),
        @JsonSubTypes.Type(value = LedgerAnswer.AlreadyDecided.class, name = "already-decided"),
        @JsonSubTypes.Type(value = LedgerAnswer.Refused.class, name = "refused")
    })
    private interface AnswerTypes {}
}
