package esqual;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.AcceptDocs;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.KnnByteVectorQuery;
import org.apache.lucene.search.KnnCollector;
import org.apache.lucene.search.KnnFloatVectorQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.search.knn.KnnCollectorManager;
import org.apache.lucene.search.knn.KnnSearchStrategy;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.hnsw.HnswGraph;
import org.apache.lucene.util.hnsw.HnswGraphSearcher;
import org.apache.lucene.util.hnsw.OrdinalTranslatedKnnCollector;
import org.apache.lucene.util.hnsw.RandomVectorScorer;

/** Searches through the HNSW graphs of one index, many at once. */
public final class KnnGraph {
  private final IndexSearcher searcher;
  private final String field;
  private final int m;
  private final int efConstruction;

  public KnnGraph(IndexSearcher searcher, String field, int m, int efConstruction) {
    this.searcher = searcher;
    this.field = field;
    this.m = m;
    this.efConstruction = efConstruction;
  }

  /**
   * Fill each of {@code hits}. {@code queries} or {@code octets} hold the vectors end to end, the
   * other is null; search i looks at {@code candidates[i]} per segment, keeps the best {@code
   * ks[i]}, and leaves out what scores below {@code minimum[i]}. Where fewer than k are found
   * though more match, every match is scored.
   */
  public void search(
      float[] queries,
      byte[] octets,
      int[] ks,
      int[] candidates,
      Query[] filters,
      float[] minimum,
      KnnHits[] hits)
      throws Exception {
    int size = (octets == null ? queries.length : octets.length) / hits.length;
    SearchBatch.each(
        hits.length,
        i -> {
          float[] query = octets == null ? copy(queries, i * size, size) : null;
          byte[] octet = octets == null ? null : copy(octets, i * size, size);
          TopDocs[] merged = new TopDocs[1];
          searcher.rewrite(
              query == null
                  ? new Bytes(octet, candidates[i], filters[i], ks[i], merged)
                  : new Floats(query, candidates[i], filters[i], ks[i], merged));
          List<ScoreDoc> found = new ArrayList<>();
          if (merged[0] == null || merged[0].scoreDocs.length < ks[i]) {
            found = scan(query, octet, filters[i]);
          } else {
            found.addAll(List.of(merged[0].scoreDocs));
          }
          found.removeIf(hit -> hit.score < minimum[i]);
          hits[i].fill(KnnRanking.best(found, ks[i]));
        });
  }

  private List<ScoreDoc> scan(float[] query, byte[] octet, Query filter) throws IOException {
    VectorLeaf[] leaves = VectorLeaf.of(searcher.getIndexReader(), field);
    long[][] accepted = VectorLeaf.accepted(leaves, searcher, filter);
    List<ScoreDoc> found = new ArrayList<>();
    for (int i = 0; i < leaves.length; i++) {
      VectorLeaf.Scores scores = leaves[i].scores(query, octet);
      for (int ord = 0; ord < leaves[i].size(); ord++) {
        if (accepted[i] == null || (accepted[i][ord >> 6] >>> (ord & 63) & 1) == 1) {
          found.add(new ScoreDoc(leaves[i].document(ord), scores.score(ord)));
        }
      }
    }
    return found;
  }

  private static float[] copy(float[] all, int from, int size) {
    float[] part = new float[size];
    System.arraycopy(all, from, part, 0, size);
    return part;
  }

  private static byte[] copy(byte[] all, int from, int size) {
    byte[] part = new byte[size];
    System.arraycopy(all, from, part, 0, size);
    return part;
  }

  /** Through the graph that was made for a segment; null when the segment has its own. */
  private TopDocs made(
      LeafReaderContext context,
      AcceptDocs accept,
      int visitedLimit,
      KnnCollectorManager manager,
      float[] query,
      byte[] octet)
      throws IOException {
    HnswGraph graph = VectorGraphs.view(context, field, m, efConstruction);
    if (graph == null) {
      return null;
    }
    VectorLeaf leaf = VectorLeaf.of(context, field);
    RandomVectorScorer scorer =
        octet == null
            ? VectorGraphs.SCORER.getRandomVectorScorer(leaf.similarity(), leaf.values(), query)
            : VectorGraphs.SCORER.getRandomVectorScorer(leaf.similarity(), leaf.values(), octet);
    KnnCollector collector =
        manager.newCollector(visitedLimit, KnnSearchStrategy.Hnsw.DEFAULT, context);
    if (collector == null) {
      return null;
    }
    KnnCollector ordinals = new OrdinalTranslatedKnnCollector(collector, scorer::ordToDoc);
    Bits bits = scorer.getAcceptOrds(accept.bits());
    int matching = Math.min(leaf.size(), accept.cost());
    // as Lucene decides for the graphs that it writes
    if (collector.k() < scorer.maxOrd()
        && HnswGraphSearcher.expectedVisitedNodes(collector.k(), leaf.size()) < matching) {
      HnswGraphSearcher.search(scorer, ordinals, graph, bits, matching);
    } else {
      for (int ord = 0; ord < scorer.maxOrd() && !ordinals.earlyTerminated(); ord++) {
        if (bits == null || bits.get(ord)) {
          ordinals.incVisitedCount(1);
          ordinals.collect(ord, scorer.score(ord));
        }
      }
    }
    return ordinals.topDocs();
  }

  private final class Floats extends KnnFloatVectorQuery {
    private final int wanted;
    private final TopDocs[] merged;

    Floats(float[] query, int candidates, Query filter, int wanted, TopDocs[] merged) {
      super(KnnGraph.this.field, query, candidates, filter);
      this.wanted = wanted;
      this.merged = merged;
    }

    @Override
    protected TopDocs approximateSearch(
        LeafReaderContext context, AcceptDocs accept, int limit, KnnCollectorManager manager)
        throws IOException {
      TopDocs found = made(context, accept, limit, manager, target, null);
      return found != null ? found : super.approximateSearch(context, accept, limit, manager);
    }

    @Override
    protected TopDocs mergeLeafResults(TopDocs[] parts) {
      merged[0] = TopDocs.merge(wanted, parts);
      return merged[0];
    }
  }

  private final class Bytes extends KnnByteVectorQuery {
    private final int wanted;
    private final TopDocs[] merged;

    Bytes(byte[] query, int candidates, Query filter, int wanted, TopDocs[] merged) {
      super(KnnGraph.this.field, query, candidates, filter);
      this.wanted = wanted;
      this.merged = merged;
    }

    @Override
    protected TopDocs approximateSearch(
        LeafReaderContext context, AcceptDocs accept, int limit, KnnCollectorManager manager)
        throws IOException {
      TopDocs found = made(context, accept, limit, manager, null, target);
      return found != null ? found : super.approximateSearch(context, accept, limit, manager);
    }

    @Override
    protected TopDocs mergeLeafResults(TopDocs[] parts) {
      merged[0] = TopDocs.merge(wanted, parts);
      return merged[0];
    }
  }
}
