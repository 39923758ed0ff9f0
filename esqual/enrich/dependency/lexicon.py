"""The closed classes of words that the rules know by name, as Sudachi normalises them.

Everything open (which noun, which verb) is left to the parse.
"""

from __future__ import annotations

__all__ = [
    "ABSENT",
    "ASPECTS",
    "BAD",
    "CLOSING",
    "DEGREES",
    "EMPTY",
    "FORMAL",
    "FURTHER",
    "HOLDERS",
    "HOLDER_HEADS",
    "LIGHT",
    "LISTS",
    "MISSING",
    "NEGATIONS",
    "ONLY",
    "PARTS",
    "PASSING",
    "PERMISSIONS",
    "PREFIXES",
    "RUNNING",
    "STATES",
    "STOPPING",
    "SUPPOSING",
    "THINKING",
    "TITLES",
    "TURNING",
    "VAGUE",
    "WITHOUT_OBJECT",
    "WITH_OR_WITHOUT",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# said of a person or a group, and no part of what is spoken of: 店員さん, 子供たち, お客様
TITLES = _words("さん 様 ちゃん 君 氏 達 等 方 ら")
PREFIXES = _words("御 お ご")
# they ask or point, and name nothing
EMPTY = _words(
    """
    何 何故 誰 何処 何時 何れ 何方 どれ どこ いつ どちら どなた 幾つ 幾ら
    此れ 其れ 彼れ あれ 此処 其処 彼処 あそこ 此方 其方 これ それ ここ そこ
    """
)
# behind a clause no argument of it, and elsewhere they name nothing: 痛いとき, 行く必要がある
VAGUE = _words(
    """
    こと 事 物 時 為 所 訳 筈 積もり 儘 侭 通り 様 方 際 場合 間 内 うち 後 前 上 途中 頃 度 以上
    代わり 限り 点 可能性 予定 恐れ 疑い 気 必要 傾向 見通し 見込み 意向 所為 せい 御陰 たち 一方
    反面 ほか 他 くらい 程
    """
)
# behind a clause they are no argument of it: 遅れた理由, but 理由が分からない
FORMAL = VAGUE | _words(
    """
    理由 原因 方法 方針 計画 話 噂 問題 様子 結果 影響 考え 感じ 状態 経験 目的 意味 事実 質
    """
)
# behind a clause and in the place of a predicate: 商店街は古いままだ says that it is old
PASSING = _words("侭 儘 筈 積もり 訳 様 所 予定 方針 見通し 見込み 傾向 様子 一方 通り")
# a part or a place of what stands before の: what is said of it is said of that
PARTS = _words(
    """
    辺り 方 回り 周り 周辺 部分 所 中 上 下 奥 側 一部 全体 多く 殆ど 大半 全て 半分 先 端 表面
    底 縁 ふち 淵 角 皮 殻 袖 襟 裾 取っ手 持ち手
    後ろ 裏 隅 根元 付け根 内側 外側 右側 左側 片方 両方 下部 上部
    """
)
# particles between members of a list
LISTS = _words("と や か とか も に 及び 又は 並びに")
# behind these another clause begins, with a subject of its own
CLOSING = _words("が けれど けれども けど ので のに から ば し なら たら ても つつも ものの")

NEGATIONS = _words("ない 無い ず まい ぬ")
# as a word of its own: there is none
ABSENT = _words("無い ない なし 無し")
# 〜かもしれない, 〜に違いない: a negation that supposes
SUPPOSING = _words("知れる 違い 違う 相違")
# わけではない, はずがない, ことはない: the negation stands behind a formal noun
HOLDERS = _words(
    "訳 筈 こと 事 物 積もり 必要 気 気配 予定 計画 可能性 事実 様子 心配 恐れ 経験 見込み"
)
HOLDER_HEADS = _words("無い 有る 出来る 行く 為る")
# 痛いとは思わない, 痛いとは限らない: to deny the thought is to deny the thing
THINKING = _words("思う 考える 限る")

# 捨てなければいけない, 触ってはならない: behind a condition and denied, it must not be so
BAD = _words("いける なる いく")

# they add nothing to a noun that is itself a deed: 掃除をする, 予約ができない
LIGHT = _words("為る 出来る 行う 致す 為さる 願う")
# 痛くなる, 濃くする
TURNING = _words("成る 為る")
# the commonest verbs that take no object, or a clause for one
WITHOUT_OBJECT = _words("成る 有る 居る 行く 来る 出来る 為る 言う 思う 考える 感じる 困る 済む")
# with を or without, the same thing happens to the same: 扉が開く, 扉を開く
WITH_OR_WITHOUT = _words(
    """
    開く 終わる 増す 閉じる 吹く 伴う 張る 巻く 触れる 引く 生じる 負ける 間違う 寄せる 向く 分かる
    """
)
# 飼うのをやめる, 出すのを忘れる: it is not done
STOPPING = _words("止める やめる 辞める 忘れる 諦める 断念 控える 避ける 見送る")
# behind these nothing else is meant: 額縁だけ売った
ONLY = _words("だけ のみ")
# how much, said in front of an adjective and by the young of anything; the parse takes it for what
# it is said of: 荷物くっそ重い
DEGREES = _words("まじ がち くそ 糞 超 鬼 目茶 滅茶 目茶苦茶 滅茶苦茶 目茶目茶 凄い 偉い 本当 結構")
# behind a noun without a particle they say how it is with it: 送料無料, 予約不要
STATES = _words("無料 有料 不要 必要 可能 不可能 不可 可 禁止 厳禁 自由 完備 別途 歓迎")
# second halves of one-word verbs: how far it went, and no other thing to say (食べ過ぎる)
FURTHER = _words("過ぎる 始める 終わる 終える 続ける")
# a deed runs on, or something comes of it: 法律の改正に伴い, 工事の開始が遅れ
RUNNING = _words(
    """
    伴う 因る 進む 進める 始まる 始める 続く 続ける 終わる 終える 済む 済ませる 開始 完了 実施 終了
    """
)
# behind て: an aspect or a favour
ASPECTS = _words(
    """
    来る 居る おる 置く 仕舞う 見る 行く 呉れる 貰う 頂く 下さる 遣る 上げる 有る 欲しい
    いける 構う 済む
    """
)
# behind a verb: it is not done, so it is another thing to say (飲み忘れる, 乗り遅れる)
MISSING = _words("忘れる 遅れる 損ねる 損なう 逃す")
# behind ても: it may be
PERMISSIONS = _words("良い 構う 大丈夫")
