package esqual;

import java.io.IOException;
import org.apache.lucene.index.LeafReaderContext;

/** Two functions joined by {@code + - * /}. */
public record Arithmetic(char operator, ScoreFunction left, ScoreFunction right)
    implements ScoreFunction {
  @Override
  public Leaf leaf(LeafReaderContext context) throws IOException {
    Leaf first = left.leaf(context);
    Leaf second = right.leaf(context);
    return document -> {
      double a = first.score(document);
      double b = second.score(document);
      return switch (operator) {
        case '+' -> a + b;
        case '-' -> a - b;
        case '*' -> a * b;
        case '/' -> a / b;
        default -> throw new IllegalArgumentException("unknown operator " + operator);
      };
    };
  }
}
