package io.ordinaut.pipeline;

import com.fasterxml.jackson.databind.JsonNode;

/** Whether a step runs. */
public interface Condition {
  /**
   * False and null mean no, everything else yes.
   *
   * @throws ExpressionException when the expression fails over the context
   */
  boolean holds(JsonNode context);

  /**
   * Compiles a JMESPath expression, with or without <code>${}</code> around it.
   *
   * @throws ExpressionException with a sentence when it is none
   */
  static Condition compile(String source) {
    String text = source.strip();
    if (text.startsWith("${") && text.endsWith("}")) {
      text = text.substring(2, text.length() - 1);
    }
    Expression expression = Expression.compile(text);
    return context -> {
      JsonNode value = expression.evaluate(context);
      return !(value.isNull()
          || value.isMissingNode()
          || (value.isBoolean() && !value.booleanValue()));
    };
  }
}
