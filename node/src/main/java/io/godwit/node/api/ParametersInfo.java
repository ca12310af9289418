package io.godwit.node.api;

import java.util.List;
import java.util.Map;

/**
 * What is set about migrations, of the cluster or of one VM.
 *
 * @param set what was set here: text by parameter, and nothing else
 * @param parameters every parameter as it is in force
 */
public record ParametersInfo(Map<String, String> set, List<ParameterInfo> parameters) {
    public ParametersInfo {
        parameters = List.copyOf(parameters);
    }

    /**
     * One parameter.
     *
     * @param value in force, as an operator would write it
     * @param from what it comes from: {@code default}, {@code host} (its configuration file), {@code cluster} or
     *     {@code vm}
     * @param changeable whether a migration under way takes a new value
     * @param accepted what may be written
     */
    public record ParameterInfo(
            String name, String value, String from, boolean changeable, String accepted, String description) {}
}
