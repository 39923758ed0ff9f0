package esqual;

/**
 * A set of characters. Bit n of {@code types} holds those of {@link Character#getType(int)} n, bit
 * 31 those of {@link Character#isWhitespace(int)}; {@code others} lists single ones.
 */
public record CharClass(int types, String others) {
  /** Every character. */
  public static final CharClass ANY = new CharClass(~0, "");

  /** Whether the set holds the code point. */
  public boolean holds(int c) {
    return (types >>> Character.getType(c) & 1) != 0
        || (types < 0 && Character.isWhitespace(c))
        || others.indexOf(c) >= 0;
  }
}
