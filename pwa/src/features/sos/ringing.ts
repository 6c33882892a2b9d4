/** Three rising tones, made by the phone itself so that they need no file and no network. */

const TONES_HZ = [660, 880, 1100];
const TONE_S = 0.22;

/** Rings once. A page that nobody has touched yet may not make a sound; the call is shown all the same. */
export function ring(): void {
  if (typeof AudioContext === 'undefined') return;
  const audio = new AudioContext();
  TONES_HZ.forEach((tone_hz, index) => {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    const starts_s = audio.currentTime + index * TONE_S;
    tone.frequency.value = tone_hz;
    volume.gain.setValueAtTime(0.4, starts_s);
    volume.gain.exponentialRampToValueAtTime(0.01, starts_s + TONE_S);
    tone.connect(volume).connect(audio.destination);
    tone.start(starts_s);
    tone.stop(starts_s + TONE_S);
  });
  setTimeout(() => void audio.close().catch(() => undefined), TONES_HZ.length * TONE_S * 1000 + 500);
}
