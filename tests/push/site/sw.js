// Shows every push message as a notification whose data is the decrypted message.
self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
self.addEventListener('push', (event) => {
  const message = event.data.json()
  event.waitUntil(self.registration.showNotification(message.title, { body: message.body, data: message }))
})
