package io.ordinaut.pipeline;

import io.burt.jmespath.antlr.v4.runtime.CharStreams;
import io.burt.jmespath.antlr.v4.runtime.CommonTokenStream;
import io.burt.jmespath.parser.JmesPathBaseVisitor;
import io.burt.jmespath.parser.JmesPathLexer;
import io.burt.jmespath.parser.JmesPathParser;
import io.burt.jmespath.parser.JmesPathParser.BracketExpressionContext;
import io.burt.jmespath.parser.JmesPathParser.BracketedExpressionContext;
import io.burt.jmespath.parser.JmesPathParser.ChainExpressionContext;
import io.burt.jmespath.parser.JmesPathParser.CurrentNodeContext;
import io.burt.jmespath.parser.JmesPathParser.ExpressionContext;
import io.burt.jmespath.parser.JmesPathParser.ExpressionTypeContext;
import io.burt.jmespath.parser.JmesPathParser.IdentifierContext;
import io.burt.jmespath.parser.JmesPathParser.IdentifierExpressionContext;
import io.burt.jmespath.parser.JmesPathParser.PipeExpressionContext;
import io.ordinaut.failure.Excerpt;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which names of the outermost document an expression reads. What stands behind a dot, a pipe or in
 * a filter is read from a value inside it and may have any name.
 */
final class Roots extends JmesPathBaseVisitor<Void> {
  private static final String SECRETS = "secrets";
  private static final String ITEM = "item";

  /**
   * JMESPath knows no such word: it is a name, which nothing has and which therefore yields null.
   */
  private static final String NULL = "null";

  private final Scope scope;
  private final Set<String> secrets = new TreeSet<>();
  private boolean item;

  private Roots(Scope scope) {
    this.scope = scope;
  }

  /**
   * What an expression reads.
   *
   * @param secrets their names
   * @param item whether it reads the element for which its step is done
   */
  record Read(Set<String> secrets, boolean item) {}

  /**
   * What an expression reads.
   *
   * @param text a JMESPath expression
   * @throws ExpressionException when it begins with a name that is not known in its scope, or does
   *     not name the secret
   */
  static Read of(String text, Scope scope) {
    Roots roots = new Roots(scope);
    JmesPathLexer lexer = new JmesPathLexer(CharStreams.fromString(text));
    roots.visit(new JmesPathParser(new CommonTokenStream(lexer)).jmesPathExpression());
    return new Read(Set.copyOf(roots.secrets), roots.item);
  }

  @Override
  public Void visitIdentifierExpression(IdentifierExpressionContext root) {
    String name = nameOf(root.identifier());
    if (!scope.knows(name) && !name.equals(NULL)) {
      throw new ExpressionException(
          "reads " + Excerpt.of(name) + ", which is not known here; " + known());
    }
    if (name.equals(SECRETS) && scope.names().contains(SECRETS)) {
      throw new ExpressionException("must name the secret that it reads, as in secrets.NAME.");
    }
    item |= name.equals(ITEM);
    return null;
  }

  /** The whole document, the element in it. */
  @Override
  public Void visitCurrentNode(CurrentNodeContext document) {
    item = true;
    return null;
  }

  @Override
  public Void visitChainExpression(ChainExpressionContext chain) {
    ExpressionContext first = chain.expression();
    IdentifierContext next = chain.chainedExpression().identifier();
    if (first instanceof IdentifierExpressionContext root
        && nameOf(root.identifier()).equals(SECRETS)
        && scope.names().contains(SECRETS)
        && next != null) {
      secrets.add(nameOf(next));
      return null;
    }
    return visit(first);
  }

  @Override
  public Void visitPipeExpression(PipeExpressionContext pipe) {
    return visit(pipe.expression(0));
  }

  @Override
  public Void visitBracketedExpression(BracketedExpressionContext bracketed) {
    return visit(bracketed.expression());
  }

  @Override
  public Void visitBracketExpression(BracketExpressionContext bracket) {
    return null;
  }

  @Override
  public Void visitExpressionType(ExpressionTypeContext ofElements) {
    return null;
  }

  private static String nameOf(IdentifierContext identifier) {
    String text = identifier.getText();
    return text.startsWith("\"") ? text.substring(1, text.length() - 1) : text;
  }

  private String known() {
    String names = String.join(", ", new TreeSet<>(scope.names()));
    return scope.repeatable()
        ? "known are " + names + ", and with foreach also item and index."
        : "known are " + names + ".";
  }
}
