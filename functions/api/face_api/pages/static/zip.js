/** Writes results into a ZIP file in the browser as they arrive. The library is loaded on first use. */

import { getJob } from "./api.js";
import { nameOf } from "./feed.js";
import { getRenders, isDrawn } from "./renders.js";
import { fetchResult, fileName, save } from "./taking.js";
import { downloadZip } from "./vendor/client-zip/index.js";

const NAME = "facecast.zip";

/** Saves, for each job, the first of the results that its sender requested; returns a message about the outcome. */
export async function downloadAll(jobIds, onProgress) {
  const problems = [];
  const zip = await downloadZip(files(jobIds, onProgress, problems)).blob();
  const saved = jobIds.length - problems.length;
  if (saved > 0) save(zip, NAME);
  const done = `${saved} of ${jobIds.length} saved`;
  return problems.length ? `${done}. ${problems.join(" ")}` : done;
}

async function* files(jobIds, onProgress, problems) {
  const renders = await getRenders();
  const taken = new Set();
  for (const [index, jobId] of jobIds.entries()) {
    onProgress(index);
    try {
      const job = await getJob(jobId);
      const render = renders.find(({ name }) => name === job.options.render[0]);
      if (!render || !isDrawn(render)) throw new Error("This result has no picture.");
      const input = await fetchResult(jobId, render);
      yield { name: unique(fileName(jobId, render), taken), lastModified: job.completed_at && new Date(job.completed_at), input };
    } catch (error) {
      problems.push(`${nameOf(jobId) ?? jobId}: ${error.message}`);
    }
  }
}

/** Numbers files with the same name. */
function unique(name, taken) {
  const [, stem, suffix] = /^(.*?)(\.[^.]*)?$/.exec(name);
  let free = name;
  for (let number = 2; taken.has(free.toLowerCase()); number += 1) free = `${stem}-${number}${suffix ?? ""}`;
  taken.add(free.toLowerCase());
  return free;
}
