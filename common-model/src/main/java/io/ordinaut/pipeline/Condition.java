package io.ordinaut.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;

/** Whether a step runs. */
public interface Condition {
  /**
   * False and null mean no, everything else yes.
   *
   * @throws ExpressionException when the expression fails over the context
   */
  boolean holds(JsonNode context);

  /** The names of the secrets that it reads. */
  default Set<String> secrets() {
    return Set.of();
  }

  /**
   * The same, with less time: where what is decided holds up others.
   *
   * @throws ExpressionException when the expression fails over the context, or takes too long
   */
  default boolean holdsQuickly(JsonNode context) {
    return Effort.limited(Effort.MOST / 10, () -> holds(context));
  }

  /**
   * Compiles a JMESPath expression, with or without <code>${}</code> around it.
   *
   * @param scope the names that it may begin with
   * @throws ExpressionException with a sentence when it is none
   */
  static Condition compile(String source, Scope scope) {
    return new Truth(Expression.compileBare(source, scope));
  }

  /**
   * Whether an expression yields something.
   *
   * @param expression over the context
   */
  record Truth(Expression expression) implements Condition {
    @Override
    public boolean holds(JsonNode context) {
      JsonNode value = expression.evaluate(context);
      return !(value.isNull()
          || value.isMissingNode()
          || (value.isBoolean() && !value.booleanValue()));
    }

    @Override
    public Set<String> secrets() {
      return expression.secrets();
    }
  }
}
