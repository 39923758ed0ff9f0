package esqual;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.MultiPhraseQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.StringHelper;

/** A phrase whose last position is a prefix: rewritten to the phrase of the terms found. */
public final class PhrasePrefixQuery extends Query {
  private final String field;
  private final List<Term[]> terms;
  private final int[] positions;
  private final int slop;
  private final int maxExpansions;

  PhrasePrefixQuery(
      String field, List<Term[]> terms, int[] positions, int slop, int maxExpansions) {
    this.field = field;
    this.terms = terms;
    this.positions = positions;
    this.slop = slop;
    this.maxExpansions = maxExpansions;
  }

  @Override
  public Query rewrite(IndexSearcher searcher) throws IOException {
    int last = terms.size() - 1;
    TreeSet<Term> found = new TreeSet<>();
    for (Term prefix : terms.get(last)) {
      expand(searcher, prefix.bytes(), found);
      if (found.size() > maxExpansions) {
        break;
      }
    }
    if (found.isEmpty()) {
      return new MatchNoDocsQuery("no term has the prefix of " + this);
    }
    MultiPhraseQuery.Builder phrase = new MultiPhraseQuery.Builder().setSlop(slop);
    for (int i = 0; i < last; i++) {
      phrase.add(terms.get(i), positions[i]);
    }
    return phrase.add(found.toArray(new Term[0]), positions[last]).build();
  }

  private void expand(IndexSearcher searcher, BytesRef prefix, TreeSet<Term> found)
      throws IOException {
    for (LeafReaderContext leaf : searcher.getIndexReader().leaves()) {
      Terms dictionary = leaf.reader().terms(field);
      if (dictionary == null) {
        continue;
      }
      TermsEnum each = dictionary.iterator();
      if (each.seekCeil(prefix) == TermsEnum.SeekStatus.END) {
        continue;
      }
      for (BytesRef term = each.term(); term != null; term = each.next()) {
        if (!StringHelper.startsWith(term, prefix)) {
          break;
        }
        found.add(new Term(field, BytesRef.deepCopyOf(term)));
        if (found.size() >= maxExpansions) {
          return;
        }
      }
    }
  }

  @Override
  public void visit(QueryVisitor visitor) {
    if (visitor.acceptField(field)) {
      visitor.visitLeaf(this);
    }
  }

  @Override
  public String toString(String defaultField) {
    StringBuilder text = new StringBuilder();
    if (!field.equals(defaultField)) {
      text.append(field).append(':');
    }
    text.append('"');
    for (int i = 0; i < terms.size(); i++) {
      Term[] group = terms.get(i);
      if (i > 0) {
        text.append(' ');
      }
      if (group.length > 1) {
        text.append('(');
      }
      for (int j = 0; j < group.length; j++) {
        text.append(j > 0 ? " " : "").append(group[j].text());
        if (i == terms.size() - 1) {
          text.append(group.length > 1 && j < group.length - 1 ? "* " : "*");
        }
      }
      if (group.length > 1) {
        text.append(')');
      }
    }
    text.append('"');
    return (slop == 0 ? text : text.append('~').append(slop)).toString();
  }

  @Override
  public boolean equals(Object other) {
    return sameClassAs(other)
        && field.equals(((PhrasePrefixQuery) other).field)
        && Arrays.deepEquals(terms.toArray(), ((PhrasePrefixQuery) other).terms.toArray())
        && Arrays.equals(positions, ((PhrasePrefixQuery) other).positions)
        && slop == ((PhrasePrefixQuery) other).slop
        && maxExpansions == ((PhrasePrefixQuery) other).maxExpansions;
  }

  @Override
  public int hashCode() {
    return 31 * (31 * classHash() + Arrays.deepHashCode(terms.toArray())) + slop;
  }
}
