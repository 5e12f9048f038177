/** The lines of a Dockerfile that name an image, and not an earlier stage. */
const FROM = /^(FROM (?:--\S+ )*)(\S+[:/]\S+)/gm;

/** The base images that a Dockerfile names, in its order. */
export function baseImages(dockerfile: string): readonly string[] {
  return [...new Set([...dockerfile.matchAll(FROM)].map(([, , image = '']) => image))];
}

/** A Dockerfile whose base images are pinned: each name is followed by the digest that it has now. */
export async function pinBaseImages(
  dockerfile: string,
  digestOf: (image: string) => Promise<string>,
): Promise<string> {
  const digests = new Map<string, string>();
  for (const image of baseImages(dockerfile))
    if (!image.includes('@')) digests.set(image, await digestOf(image));
  return dockerfile.replace(FROM, (line, from: string, image: string) => {
    const digest = digests.get(image);
    return digest === undefined ? line : `${from}${image}@${digest}`;
  });
}
