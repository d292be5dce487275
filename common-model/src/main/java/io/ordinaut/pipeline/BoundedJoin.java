package io.ordinaut.pipeline;

import io.burt.jmespath.Adapter;
import io.burt.jmespath.JmesPathType;
import io.burt.jmespath.function.ArgumentConstraints;
import io.burt.jmespath.function.BaseFunction;
import io.burt.jmespath.function.FunctionArgument;
import java.util.ArrayList;
import java.util.List;

/** {@code join}, which knows how long its text will be before it makes it. */
final class BoundedJoin extends BaseFunction {
  BoundedJoin() {
    super(
        "join",
        ArgumentConstraints.typeOf(JmesPathType.STRING),
        ArgumentConstraints.arrayOf(ArgumentConstraints.typeOf(JmesPathType.STRING)));
  }

  @Override
  protected <T> T callFunction(Adapter<T> runtime, List<FunctionArgument<T>> arguments) {
    String glue = runtime.toString(arguments.get(0).value());
    List<String> parts = new ArrayList<>();
    long length = 0;
    for (T value : runtime.toList(arguments.get(1).value())) {
      String part = runtime.toString(value);
      parts.add(part);
      length += part.length() + glue.length();
      BoundedRuntime.checkLength(length);
    }
    return runtime.createString(String.join(glue, parts));
  }
}
