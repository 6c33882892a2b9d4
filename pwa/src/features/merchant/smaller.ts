/** A photo made small enough for a weak network before it is sent; the server checks and re-encodes it again. */
import { opened } from '../../app/picture';

const SIDE_MAX_PX = 1280;
const SMALL_BYTES = 400_000;
const QUALITY = 0.85;

/**
 * The photo with its longer side at most 1,280 pixels, as JPEG; as it is where it is small or this browser cannot.
 * @throws ProblemError that says why it cannot be used.
 */
export async function smaller(file: File): Promise<Blob> {
  const picture = await opened(file);
  try {
    if (file.size <= SMALL_BYTES) return file;
    const scale = Math.min(1, SIDE_MAX_PX / Math.max(picture.width, picture.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext('2d')!.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const made = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', QUALITY));
    return made && made.size < file.size ? made : file;
  } finally {
    picture.close();
  }
}
