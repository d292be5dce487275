package io.ordinaut.pipeline;

import io.burt.jmespath.Adapter;
import io.burt.jmespath.JmesPathType;
import io.burt.jmespath.function.ArgumentConstraints;
import io.burt.jmespath.function.BaseFunction;
import io.burt.jmespath.function.FunctionArgument;
import java.util.List;

/**
 * {@code contains}, which takes as long as both texts are, one times the other, at worst. A list
 * contains what is {@code ==} to one of its elements.
 */
final class BoundedContains extends BaseFunction {
  /** Characters that are compared while one value is made. */
  private static final int CHARACTERS_PER_VALUE = 256;

  BoundedContains() {
    super(
        "contains",
        ArgumentConstraints.typeOf(JmesPathType.ARRAY, JmesPathType.STRING),
        ArgumentConstraints.anyValue());
  }

  @Override
  protected <T> T callFunction(Adapter<T> runtime, List<FunctionArgument<T>> arguments) {
    T whole = arguments.get(0).value();
    T part = arguments.get(1).value();
    if (runtime.typeOf(whole) == JmesPathType.ARRAY) {
      return runtime.createBoolean(
          runtime.toList(whole).stream().anyMatch(one -> runtime.compare(one, part) == 0));
    }
    String text = runtime.toString(whole);
    String wanted = runtime.toString(part);
    Effort.spend((long) text.length() * wanted.length() / CHARACTERS_PER_VALUE);
    return runtime.createBoolean(text.contains(wanted));
  }
}
