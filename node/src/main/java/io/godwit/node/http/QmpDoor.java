package io.godwit.node.http;

import java.util.Map;
import java.util.concurrent.CompletionStage;

/** QMP by single commands: what the gateway needs of it. */
@FunctionalInterface
public interface QmpDoor {
    /** The reply to one command for a VM, whatever the bytes are; never a failed stage. */
    CompletionStage<Map<String, Object>> answer(String vm, byte[] json);
}
