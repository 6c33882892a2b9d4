/** Opening a photo somebody chose. What it is is read from its first bytes, before anything decodes it. */
import { imageDimensionsFromStream } from 'image-dimensions';
import { ProblemError } from '../api/problem';

const FILE_BYTES_MAX = 15_000_000;
const PIXELS_MAX = 40_000_000;

/**
 * The photo upright, to draw from; the caller closes it.
 * @throws ProblemError with the server's own codes: too large, too many pixels, or no photo whatever its name says.
 */
export async function opened(file: Blob): Promise<ImageBitmap> {
  if (file.size > FILE_BYTES_MAX) throw refusal('photo-too-large');
  const found = await imageDimensionsFromStream(file.stream());
  if (!found) throw refusal('photo-not-readable');
  if (found.width * found.height > PIXELS_MAX) throw refusal('photo-too-many-pixels');
  try {
    return await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch {
    throw refusal('photo-not-readable');
  }
}

function refusal(code: string): ProblemError {
  return new ProblemError({ type: 'about:blank', title: code, status: 422, code, params: {} });
}
