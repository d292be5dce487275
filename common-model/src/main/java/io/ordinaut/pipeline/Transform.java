package io.ordinaut.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import io.ordinaut.json.JsonFields;

/**
 * The expression of a {@code transform} step. It stands in the pipeline as it is: were it rendered
 * like the rest of {@code with}, data could become an expression.
 */
public final class Transform {
  private Transform() {}

  /** Notes what is wrong with the expression of a step or a compensation that transforms. */
  static void check(String uses, JsonFields fields) {
    JsonNode with = fields.node("with");
    if (!uses.equals(BuiltIn.TRANSFORM.toolName()) || (with != null && !with.isObject())) {
      return;
    }
    JsonNode expression = with == null ? null : with.get("expression");
    if (expression == null || !expression.isTextual()) {
      fields.fault("with.expression", "is required: a JMESPath expression over with.input.");
    } else if (expression.textValue().contains("${")) {
      fields.fault(
          "with.expression",
          "must not hold ${: it is evaluated as it stands, over with.input, where ${…} may be.");
    } else {
      try {
        compile(expression.textValue());
      } catch (ExpressionException e) {
        fields.fault("with.expression", String.valueOf(e.getMessage()));
      }
    }
  }

  /**
   * Compiles it.
   *
   * @throws ExpressionException with a sentence when it is none
   */
  public static Expression compile(String expression) {
    Expression compiled = Expression.compile(expression, Scope.ANY);
    if (!(compiled instanceof Expression.Search)) {
      throw new ExpressionException(
          "must not reckon with time: it sees with.input only, in which ${"
              + expression.strip()
              + "} may stand.");
    }
    return compiled;
  }
}
