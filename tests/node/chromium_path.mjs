// Print the path of the Chromium inside npm's @sparticuz/chromium, unpacking it into TMPDIR on first use.
import chromium from '@sparticuz/chromium'

process.stdout.write(await chromium.executablePath())
