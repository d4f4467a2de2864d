// Sets data-theme before the first paint; a file, so that the CSP needs no inline script.
;(() => {
  let choice = 'system'
  try {
    choice = localStorage.getItem('evo-theme') || 'system'
  } catch {}
  const dark = choice === 'dark' || (choice === 'system' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
})()
