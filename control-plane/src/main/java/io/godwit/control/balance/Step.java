package io.godwit.control.balance;

/**
 * An item's way in a plan.
 *
 * @param gain by how much the score falls
 */
record Step(int item, int from, int to, boolean required, double gain) {
    /** Of a required step, before it is made: the gain in imbalance alone, for that is not what it is made for. */
    Step withoutRules(Model model) {
        return required ? new Step(item, from, to, true, gain - model.rulesGainAt(item, to)) : this;
    }
}
