// Run by the mongo image once, when its folder is empty: BioSight's own account, with rights on its
// own database alone. The root account is for the operator.
db.getSiblingDB('biosight').createUser({
  user: 'biosight',
  pwd: process.env.MONGO_PASSWORD,
  roles: [{ role: 'readWrite', db: 'biosight' }],
});
