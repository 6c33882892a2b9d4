/** A photo made small enough for a weak network before it is sent; the server checks and re-encodes it again. */

const SIDE_MAX_PX = 1280;
const SMALL_BYTES = 400_000;
const QUALITY = 0.85;

/** The photo with its longer side at most 1,280 pixels, as JPEG; as it is where it is small or this browser cannot. */
export async function smaller(file: File): Promise<Blob> {
  if (file.size <= SMALL_BYTES) return file;
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, SIDE_MAX_PX / Math.max(picture.width, picture.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext('2d')!.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const made = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', QUALITY));
    return made && made.size < file.size ? made : file;
  } catch {
    return file;
  }
}
