package esqual;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.lucene.codecs.KnnVectorsReader;
import org.apache.lucene.codecs.hnsw.FlatVectorScorerUtil;
import org.apache.lucene.codecs.hnsw.FlatVectorsScorer;
import org.apache.lucene.codecs.hnsw.HnswGraphProvider;
import org.apache.lucene.codecs.perfield.PerFieldKnnVectorsFormat;
import org.apache.lucene.index.CodecReader;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.util.hnsw.HnswGraph;
import org.apache.lucene.util.hnsw.HnswGraphBuilder;
import org.apache.lucene.util.hnsw.NeighborArray;
import org.apache.lucene.util.hnsw.OnHeapHnswGraph;

/**
 * The graphs of segments: those on disk, and those that are made on demand for segments that were
 * written without one. A made one is built by one thread from one seed, so two of one segment are
 * alike; it stays in memory while its segment is open.
 */
public final class VectorGraphs {
  static final FlatVectorsScorer SCORER = FlatVectorScorerUtil.getLucene99FlatVectorsScorer();

  private record Key(IndexReader.CacheKey segment, String field, int m, int efConstruction) {}

  private static final Map<Key, OnHeapHnswGraph> MADE = new ConcurrentHashMap<>();

  private VectorGraphs() {}

  /** Whether a segment of {@code reader} was written with a graph. */
  public static boolean stored(IndexReader reader, String field) throws IOException {
    for (LeafReaderContext leaf : reader.leaves()) {
      if (stored(leaf, field)) {
        return true;
      }
    }
    return false;
  }

  static boolean stored(LeafReaderContext leaf, String field) throws IOException {
    if (leaf.reader() instanceof CodecReader codec && VectorLeaf.of(leaf, field) != null) {
      KnnVectorsReader vectors = codec.getVectorReader();
      if (vectors instanceof PerFieldKnnVectorsFormat.FieldsReader each) {
        vectors = each.getFieldReader(field);
      }
      if (vectors instanceof HnswGraphProvider provider) {
        HnswGraph graph = provider.getGraph(field);
        return graph != null && graph.size() > 0;
      }
    }
    return false;
  }

  /** Make the graphs that are missing; {@link #view} then finds them. */
  public static synchronized void make(IndexReader reader, String field, int m, int efConstruction)
      throws IOException {
    for (VectorLeaf leaf : VectorLeaf.of(reader, field)) {
      IndexReader.CacheHelper helper = leaf.context().reader().getCoreCacheHelper();
      Key key = new Key(helper.getKey(), field, m, efConstruction);
      if (MADE.containsKey(key) || stored(leaf.context(), field)) {
        continue;
      }
      OnHeapHnswGraph graph =
          HnswGraphBuilder.create(
                  SCORER.getRandomVectorScorerSupplier(leaf.similarity(), leaf.values()),
                  m,
                  efConstruction,
                  HnswGraphBuilder.randSeed,
                  leaf.size())
              .build(leaf.size());
      helper.addClosedListener(closed -> MADE.keySet().removeIf(k -> k.segment() == closed));
      MADE.put(key, graph);
    }
  }

  /** A view of a made graph for one search, or null. */
  static HnswGraph view(LeafReaderContext leaf, String field, int m, int efConstruction) {
    IndexReader.CacheKey segment = leaf.reader().getCoreCacheHelper().getKey();
    OnHeapHnswGraph made = MADE.get(new Key(segment, field, m, efConstruction));
    return made == null ? null : new View(made);
  }

  /** A graph keeps its place while it is walked: every search needs its own. */
  private static final class View extends HnswGraph {
    private final OnHeapHnswGraph graph;
    private NeighborArray neighbours;
    private int next;

    View(OnHeapHnswGraph graph) {
      this.graph = graph;
    }

    @Override
    public void seek(int level, int node) {
      neighbours = graph.getNeighbors(level, node);
      next = 0;
    }

    @Override
    public int nextNeighbor() {
      return next < neighbours.size()
          ? neighbours.nodes()[next++]
          : org.apache.lucene.search.DocIdSetIterator.NO_MORE_DOCS;
    }

    @Override
    public int size() {
      return graph.size();
    }

    @Override
    public int numLevels() {
      return graph.numLevels();
    }

    @Override
    public int maxConn() {
      return graph.maxConn();
    }

    @Override
    public int entryNode() {
      return graph.entryNode();
    }

    @Override
    public NodesIterator getNodesOnLevel(int level) {
      return graph.getNodesOnLevel(level);
    }

    @Override
    public int neighborCount() {
      return neighbours.size();
    }
  }
}
