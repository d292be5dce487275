package io.ordinaut.pipeline;

import io.burt.jmespath.Adapter;
import io.burt.jmespath.JmesPathType;
import io.burt.jmespath.function.ArgumentConstraints;
import io.burt.jmespath.function.BaseFunction;
import io.burt.jmespath.function.FunctionArgument;
import java.util.List;
import java.util.regex.Pattern;

/**
 * {@code to_number} as JMESPath has it: a text that is a number of JSON yields that number, and any
 * other text null, {@code NaN} too. One that no double can hold is an error, not another number.
 */
final class ExactNumber extends BaseFunction {
  private static final Pattern JSON_NUMBER =
      Pattern.compile("(-?(?:0|[1-9][0-9]*))((?:\\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)");

  /** Up to here each whole number is a double of its own. */
  private static final double LARGEST_WHOLE = 1L << 53;

  ExactNumber() {
    super("to_number", ArgumentConstraints.anyValue());
  }

  @Override
  protected <T> T callFunction(Adapter<T> runtime, List<FunctionArgument<T>> arguments) {
    T value = arguments.get(0).value();
    JmesPathType type = runtime.typeOf(value);
    if (type == JmesPathType.NUMBER) {
      return value;
    }
    return type == JmesPathType.STRING
        ? parsed(runtime, runtime.toString(value))
        : runtime.createNull();
  }

  private static <T> T parsed(Adapter<T> runtime, String text) {
    var matcher = JSON_NUMBER.matcher(text);
    if (!matcher.matches()) {
      return runtime.createNull();
    }
    double number = Double.parseDouble(text);
    if (Double.isFinite(number) && matcher.group(2).isEmpty()) {
      return runtime.parseString(text);
    }
    return number == Math.rint(number) && Math.abs(number) <= LARGEST_WHOLE
        ? runtime.createNumber((long) number)
        : runtime.createNumber(number);
  }
}
