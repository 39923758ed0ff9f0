package esqual;

import java.io.IOException;
import java.util.List;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.BytesRef;

/** Finds documents by id in one reader. For one thread. */
public final class IdLookup {
  private final List<LeafReaderContext> leaves;
  private final TermsEnum[] terms;
  private final PostingsEnum[] postings;

  /** Where the last {@link #find} found its document: global number, version, sequence number. */
  int doc;

  long version;
  long seqNo;

  public IdLookup(IndexReader reader) throws IOException {
    leaves = reader.leaves();
    terms = new TermsEnum[leaves.size()];
    postings = new PostingsEnum[leaves.size()];
    for (int i = 0; i < terms.length; i++) {
      Terms ids = leaves.get(i).reader().terms("_id");
      terms[i] = ids == null ? null : ids.iterator();
    }
  }

  boolean find(BytesRef id) throws IOException {
    for (int i = terms.length - 1; i >= 0; i--) {
      if (terms[i] == null || !terms[i].seekExact(id)) {
        continue;
      }
      LeafReader reader = leaves.get(i).reader();
      Bits live = reader.getLiveDocs();
      postings[i] = terms[i].postings(postings[i], PostingsEnum.NONE);
      for (int d = postings[i].nextDoc();
          d != DocIdSetIterator.NO_MORE_DOCS;
          d = postings[i].nextDoc()) {
        if (live == null || live.get(d)) {
          doc = leaves.get(i).docBase + d;
          version = number(reader, "_version", d);
          seqNo = number(reader, "_seq_no", d);
          return true;
        }
      }
    }
    return false;
  }

  /** The documents of many ids, -1 for what is not there. */
  public int[] docs(String[] ids) throws IOException {
    int[] answer = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      answer[i] = find(new BytesRef(ids[i])) ? doc : -1;
    }
    return answer;
  }

  private static long number(LeafReader reader, String field, int doc) throws IOException {
    NumericDocValues values = reader.getNumericDocValues(field);
    if (!values.advanceExact(doc)) {
      throw new IllegalStateException("document " + doc + " has no " + field);
    }
    return values.longValue();
  }
}
