package esqual;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;

/** Candidates that a scan has found → the k nearest, scored as Lucene scores them. */
public final class KnnRanking {
  private KnnRanking() {}

  /**
   * Fill {@code hits[i]} with the best {@code ks[i]} of its candidates, which end at {@code
   * ends[i]}; {@code leafs} and {@code ords} say which vectors they are. {@code queries} holds
   * the query vectors end to end; of both kinds one is null. Worse than {@code minimum[i]} is left
   * out; equal scores come in document order.
   */
  public static void rank(
      VectorLeaf[] leaves,
      float[] queries,
      byte[] octets,
      int[] leafs,
      int[] ords,
      int[] ends,
      int[] ks,
      float[] minimum,
      KnnHits[] hits)
      throws IOException {
    int size = (octets == null ? queries.length : octets.length) / hits.length;
    int at = 0;
    for (int i = 0; i < hits.length; i++) {
      float[] query = new float[octets == null ? size : 0];
      byte[] octet = new byte[octets == null ? 0 : size];
      if (octets == null) {
        System.arraycopy(queries, i * size, query, 0, size);
      } else {
        System.arraycopy(octets, i * size, octet, 0, size);
      }
      VectorLeaf.Scores[] scores = new VectorLeaf.Scores[leaves.length];
      List<ScoreDoc> found = new ArrayList<>();
      for (; at < ends[i]; at++) {
        int leaf = leafs[at];
        if (scores[leaf] == null) {
          scores[leaf] = leaves[leaf].scores(query, octet);
        }
        float score = scores[leaf].score(ords[at]);
        if (!(score < minimum[i])) {
          found.add(new ScoreDoc(leaves[leaf].document(ords[at]), score));
        }
      }
      hits[i].fill(best(found, ks[i]));
    }
  }

  static ScoreDoc[] best(List<ScoreDoc> found, int k) {
    found.sort(
        (a, b) -> a.score != b.score ? Float.compare(b.score, a.score) : a.doc - b.doc);
    return found.subList(0, Math.min(k, found.size())).toArray(new ScoreDoc[0]);
  }

  /** Fill {@code hits} with the best {@code k} of what a query finds. */
  public static void search(IndexSearcher searcher, Query query, int k, KnnHits hits)
      throws IOException {
    int all = Math.max(1, searcher.getIndexReader().maxDoc());
    hits.fill(searcher.search(query, Math.min(k, all)).scoreDocs);
  }

  /**
   * Of several indices' hits for one search keep the best {@code k} together; equal scores come in
   * the order of the indices.
   */
  public static void reduce(KnnHits[] hits, int k) {
    List<ScoreDoc> all = new ArrayList<>();
    for (int i = 0; i < hits.length; i++) {
      for (ScoreDoc hit : hits[i].hits()) {
        hit.shardIndex = i;
        all.add(hit);
      }
    }
    all.sort(
        (a, b) -> {
          if (a.score != b.score) {
            return Float.compare(b.score, a.score);
          }
          return a.shardIndex != b.shardIndex ? a.shardIndex - b.shardIndex : a.doc - b.doc;
        });
    List<ScoreDoc> kept = all.subList(0, Math.min(k, all.size()));
    for (int i = 0; i < hits.length; i++) {
      int index = i;
      hits[i].fill(kept.stream().filter(hit -> hit.shardIndex == index).toArray(ScoreDoc[]::new));
    }
  }
}
