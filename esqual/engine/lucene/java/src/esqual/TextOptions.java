package esqual;

/** How {@link TextQueries} turns text into a query; immutable, so one object serves many calls. */
public final class TextOptions {
  public static final int MATCH = 0;
  public static final int BOOL_PREFIX = 1;
  public static final int PHRASE = 2;
  public static final int PHRASE_PREFIX = 3;

  final int kind;
  final boolean and;
  final int slop;
  final boolean graphPhrases;
  final String minimumShouldMatch;
  final int maxExpansions;
  final boolean fuzzy;
  final int fuzzyLow;
  final int fuzzyHigh;
  final int prefixLength;
  final boolean transpositions;

  /** Without fuzziness; {@code minimumShouldMatch} may be null. */
  public TextOptions(
      int kind,
      boolean and,
      int slop,
      boolean graphPhrases,
      String minimumShouldMatch,
      int maxExpansions) {
    this(
        kind, and, slop, graphPhrases, minimumShouldMatch, maxExpansions, false, 0, 0, 0, true);
  }

  /**
   * With fuzziness: 0 edits for terms shorter than {@code fuzzyLow} code points, 1 below {@code
   * fuzzyHigh}, 2 from there on. A fixed distance is a pair of bounds out of reach.
   */
  public TextOptions(
      int kind,
      boolean and,
      int slop,
      boolean graphPhrases,
      String minimumShouldMatch,
      int maxExpansions,
      boolean fuzzy,
      int fuzzyLow,
      int fuzzyHigh,
      int prefixLength,
      boolean transpositions) {
    this.kind = kind;
    this.and = and;
    this.slop = slop;
    this.graphPhrases = graphPhrases;
    this.minimumShouldMatch = minimumShouldMatch;
    this.maxExpansions = maxExpansions;
    this.fuzzy = fuzzy;
    this.fuzzyLow = fuzzyLow;
    this.fuzzyHigh = fuzzyHigh;
    this.prefixLength = prefixLength;
    this.transpositions = transpositions;
  }

  int edits(String term) {
    int length = term.codePointCount(0, term.length());
    return length < fuzzyLow ? 0 : length < fuzzyHigh ? 1 : 2;
  }
}
