import { useT } from "../../i18n";
import type { usePlayer } from "./usePlayer";

interface Props {
  count: number;
  frame: number;
  setFrame: (n: number) => void;
  player: ReturnType<typeof usePlayer>;
}

export function FilmBar({ count, frame, setFrame, player }: Props) {
  const t = useT();
  return (
    <div className="film">
      <button type="button" aria-pressed={player.playing} onClick={() => player.setPlaying(!player.playing)}>
        {t(player.playing ? "signal.pause" : "signal.play")}
      </button>
      <label className="grow">
        <span>{t("despeckle.frame")}</span>
        <input
          type="range"
          min={0}
          max={count - 1}
          value={frame}
          aria-valuetext={`${frame + 1} / ${count}`}
          onChange={(e) => {
            player.setPlaying(false);
            setFrame(Number(e.target.value));
          }}
        />
      </label>
      <span className="mono">
        {frame + 1} / {count}
      </span>
    </div>
  );
}
